import { expect, test } from 'vitest';
import { clientTemplate } from '../../src/artifacts/client-toml.ts';
import { httpConfig } from '../../src/artifacts/nginx-http.ts';
import { streamConfig, streamInclude } from '../../src/artifacts/nginx-stream.ts';
import { keyMap } from '../../src/artifacts/pull/key-map.ts';
import { foldService, foldTimer } from '../../src/artifacts/pull/seen.ts';
import { clientSettings } from '../../src/artifacts/pull/settings.ts';
import { policyFile, settingsFile } from '../../src/artifacts/rotation-files.ts';
import { serverFragment, serverHead, serverTemplate } from '../../src/artifacts/server-toml.ts';
import { serverUnit } from '../../src/artifacts/server-unit.ts';
import { sysctlFile } from '../../src/artifacts/sysctls.ts';
import type { DesiredServer, DesiredService } from '../../src/model/desired.ts';
import { print, redact } from './redact-run.ts';

const TOKEN = '0f'.repeat(32);

const service: DesiredService = {
  name: 'ssh',
  client: 'desktop',
  protocol: 'tcp',
  local: { host: '127.0.0.1', port: 22 },
  bind: { address: '0.0.0.0', port: 2222 },
  cutover: 'blue-green',
  nodelay: true,
};

const server: DesiredServer = {
  tunnel: 'home',
  host: { name: 'edge', connection: { kind: 'local', become: false } },
  domain: 'tunnel.example.org',
  formerDomains: ['old.example.org'],
  tls: { mode: 'self-signed' },
  transport: { kind: 'websocket', bind: { address: '127.0.0.1', port: 2333 } },
  rathole: { version: '0.5.0', sha256: 'ab'.repeat(32) },
  heartbeatInterval: 5,
  services: [service],
  rotation: {
    warnBefore: 0,
    grace: 900,
    cutover: 'blue-green',
    stragglers: 'hold',
    finalize: 'when-verified',
    atMost: 1,
  },
  prune: false,
  forbidInterruptions: [],
};

/** Each text as it lies on a host: what the redaction took from it would look like drift for ever. */
test.each([
  ['toml', `${serverHead(server)}${serverFragment(service, 1)}${serverFragment(service, 2)}`],
  ['plain', httpConfig(server)],
  ['plain', httpConfig({ ...server, tls: { mode: 'files', certificate: '/etc/c.pem', key: '/etc/k.pem' } })],
  [
    'plain',
    streamConfig(
      [
        { ...service, generation: 1 },
        { ...service, name: 'dns', protocol: 'udp', generation: 2 },
      ],
      { visitors: 145 },
    ),
  ],
  ['plain', streamInclude()],
  ['plain', keyMap([{ client: 'desktop', number: 1 }])],
  ['plain', settingsFile(server.rotation, 'www-data')],
  ['plain', clientSettings({ poll: 300, server: 'https://tunnel.example.org' })],
  ['plain', foldService()],
  ['plain', foldTimer()],
  ['own', `client_toml = ${'ab'.repeat(32)}\n# reconcile sha256 ${'cd'.repeat(32)}\n`],
  ['plain', serverUnit(server, 'ab'.repeat(32))],
  ['plain', sysctlFile()],
  ['plain', policyFile(service, server.rotation)],
  ['own', serverTemplate(service)],
  ['own', clientTemplate(service)],
  ['own', clientTemplate({ ...service, cutover: 'in-place' })],
])('a text of our own loses its tokens and nothing else (%s %#)', (form, template) => {
  const onHost = template.replaceAll(/\{\{(?:token|key) [^{}]*\}\}/g, TOKEN);
  const shown = template.replaceAll(/\{\{(?:token|key) [^{}]*\}\}/g, print(TOKEN));
  expect(`${redact(form, onHost)}\n`).toBe(shown);
});
