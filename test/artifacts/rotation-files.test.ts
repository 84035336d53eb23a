import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientFragment, clientTemplate } from '../../src/artifacts/client-toml.ts';
import { policyFile, settingsFile } from '../../src/artifacts/rotation-files.ts';
import { serverFragment, serverTemplate } from '../../src/artifacts/server-toml.ts';
import { ratholeBind, ratholeName } from '../../src/artifacts/slot.ts';
import { formatAddress } from '../../src/codec/address.ts';
import { tokenPlaceholder } from '../../src/codec/placeholder.ts';
import type { DesiredService } from '../../src/model/desired.ts';
import { server, service } from '../planner/desired.ts';

const services = fc.record({
  name: fc.constantFrom('ssh', 'a-b', 'web_1'),
  cutover: fc.constantFrom('blue-green' as const, 'in-place' as const),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  nodelay: fc.boolean(),
  ratholeName: fc.constantFrom('ssh', 'my "odd" one', 'with.dot'),
  bind: fc.record({
    address: fc.constantFrom('0.0.0.0', '::', '192.0.2.1'),
    port: fc.integer({ min: 1, max: 65_535 }),
  }),
});

/** As the host fills a template in. */
const filled = (template: string, declared: DesiredService, generation: number) =>
  template
    .replaceAll('@NAME@', ratholeName(declared, generation))
    .replaceAll('@TOKEN@', tokenPlaceholder(declared.name, generation))
    .replaceAll('@ADDRESS@', formatAddress(ratholeBind(declared, generation)))
    .replaceAll('@GENERATION@', String(generation));

test('a template that is filled in is the fragment that a plan would write', () => {
  fc.assert(
    fc.property(services, fc.integer({ min: 1, max: 1_000 }), ({ name, ...more }, generation) => {
      const declared = service(name, more);
      expect(filled(serverTemplate(declared), declared, generation)).toBe(
        serverFragment(declared, generation),
      );
      expect(filled(clientTemplate(declared), declared, generation)).toBe(
        clientFragment(declared, generation),
      );
    }),
  );
});

describe('for the shell', () => {
  const values = (text: string, names: string) =>
    execFileSync('dash', ['-eu'], { input: `${text}printf '%s|' ${names}\n`, encoding: 'utf8' });

  test('a policy says all that the host decides by; without max_age that is empty', () => {
    const names =
      '"$client" "$protocol" "$cutover" "$address" "$port" "$grace" "$max_age" "$warn_before" "$finalize" "$stragglers"';
    const policy = { ...server().rotation, maxAge: 604_800 };
    expect(values(policyFile(service('ssh'), policy), names)).toBe(
      'desktop|tcp|blue-green|127.0.0.1|2222|900|604800|86400|when-verified|hold|',
    );
    expect(values(policyFile(service('ssh'), server().rotation), '"$max_age"')).toBe('|');
  });

  test('the settings say how many at once, and who nginx’s workers are', () => {
    expect(values(settingsFile(server().rotation, 'www-data'), '"$at_most" "$nginx_group"')).toBe(
      '50|www-data|',
    );
  });
});
