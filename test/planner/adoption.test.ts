import { expect, test } from 'vitest';
import type { Facts } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import type { Step } from '../../src/model/step.ts';
import { DNS, server, service } from './desired.ts';
import { bareDebian, readValue } from './facts.ts';
import { applied, planOne } from './settled.ts';

const TOML = '/etc/rathole/server.toml';

/** As somebody wrote it by hand, with two services. */
const HAND_WRITTEN = `[server]
bind_addr = "0.0.0.0:2333"

[server.services.my_ssh]
token = "{{fingerprint aaaaaaaa}}"
bind_addr = "0.0.0.0:5202"

[server.services.web]
token = "{{fingerprint bbbbbbbb}}"
bind_addr = "0.0.0.0:8080"
`;

const bare = bareDebian();
const folder = { type: 'directory', owner: 'root', group: 'root', mode: '0755', modified: 1 } as const;
const file = { type: 'file', owner: 'root', group: 'root', mode: '0644', modified: 1 } as const;
const written: Facts = {
  ...bare,
  files: present({
    ...readValue(bare.files),
    '/etc/rathole': folder,
    [TOML]: { ...file, text: HAND_WRITTEN, sha256: 'ab'.repeat(32) },
  }),
};

const ssh = service('ssh', {
  ratholeName: 'my_ssh',
  cutover: 'in-place',
  bind: { address: '0.0.0.0', port: 5202 },
});
const inPlace = server({
  services: [DNS, ssh],
  transport: { kind: 'tcp', bind: { address: '0.0.0.0', port: 2333 } },
});
const tomlOf = (facts: Facts) => readValue(facts.files)[TOML]?.text ?? '';
const step = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((each): each is Extract<Step, { kind: K }> => each.kind === kind);

test('a hand-written server.toml is taken over with a consent; its old text goes to the backups', () => {
  const plan = planOne(inPlace, written);
  expect(plan.refusals).toMatchObject([{ rule: 'foreign-server-toml', consent: 'replace-foreign-files' }]);
  expect(plan.changes).toContainEqual(
    expect.objectContaining({ target: TOML, cause: 'somebody else wrote it' }),
  );
  expect(step(plan.steps, 'backup').map(({ path }) => path)).toContain(TOML);
  expect(step(plan.steps, 'keep-token')).toMatchObject([
    { service: 'ssh', generation: 1, path: TOML, ratholeName: 'my_ssh' },
    { service: 'web', generation: 0, path: TOML, ratholeName: 'web' },
  ]);
});

test('its services keep rathole’s names and their tokens, what the playbook has and what it has not', () => {
  const adopted = applied(inPlace, written);
  expect(tomlOf(adopted)).toMatch(/\[server\.services\.my_ssh\]\n.*\ntoken = "\{\{fingerprint aaaaaaaa\}\}"/);
  expect(tomlOf(adopted)).toMatch(/\[server\.services\.web\]\n.*\ntoken = "\{\{fingerprint bbbbbbbb\}\}"/);
  expect(readValue(adopted.rotations)['ssh']).toMatchObject({ current: 1, rotatedAt: undefined });
  expect(planOne(inPlace, adopted)).toMatchObject({ changes: [], refusals: [], steps: [] });
});

test('from there it moves to blue-green as a planned change with its forecast', () => {
  const adopted = applied(inPlace, written);
  const moved = server({ ...inPlace, services: [DNS, { ...ssh, cutover: 'blue-green' }] });
  const plan = planOne(moved, adopted);
  expect(plan.refusals).toEqual([]);
  expect(plan.changes).toContainEqual(
    expect.objectContaining({ target: 'rotation of ssh', cause: 'generation 1 has another cutover' }),
  );
  expect(step(plan.steps, 'assemble')[0]?.interrupts).toMatchObject({
    kind: 'new-connections',
    services: ['ssh'],
    reason: expect.stringContaining("until their clients' next pull"),
  });
  const after = applied(moved, adopted);
  expect(tomlOf(after)).toContain('[server.services."ssh.g2"]');
  expect(tomlOf(after)).not.toContain('my_ssh');
  expect(readValue(after.rotations)['ssh']).toMatchObject({ phase: 'steady', current: 2 });
  expect(planOne(moved, after)).toMatchObject({ changes: [], steps: [] });
});
