import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { Probing, serveTargets } from '../prober/lab.ts';
import { setUpClient } from './client.ts';
import type { PlaybookText } from './tunnel.ts';

/** One service of each kind, on a client that `serveDesktop` has prepared. */
export const SERVICES: PlaybookText['services'] = {
  web: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' },
  ssh: { client: 'desktop', local: '127.0.0.1:22', bind: '0.0.0.0:2222' },
  dns: { client: 'desktop', local: '127.0.0.1:5300', bind: '0.0.0.0:5353', type: 'udp' },
};

/** Puts targets and a client by hand on the desktop, and waits until its services are there. */
export async function serveDesktop(lab: Lab, server = lab.host('edge')): Promise<void> {
  const desktop = lab.host('desktop');
  await serveTargets(desktop, { id: 'desktop', http: 8000, udp: 5300 });
  await setUpClient(desktop, server);
  await desktopIsThere(server);
}

/** Waits until the desktop's services are there, in the first generation. */
export async function desktopIsThere(server: Host): Promise<void> {
  await Promise.all([8080, 2222, 5353].map((port) => slotListens(server, port)));
}

/** Every slot of a service is on port 1019, of an address that its public port says. */
function slotListens(server: Host, port: number): Promise<void> {
  return server.listening(1019, `127.78.${Math.floor(port / 256)}.${port % 256}`);
}

/** Asks each service from outside, for about a second. @throws unless all answers are the desktop's. */
export async function visitAll(lab: Lab, host = 'edge.test'): Promise<void> {
  const at = { host, every: 150, count: 7 };
  const probing = await Probing.start(lab.control, {
    seconds: 60,
    connects: [
      { name: 'web', kind: 'http', port: 8080, expect: 'desktop GET /', ...at },
      { name: 'ssh', kind: 'banner', port: 2222, expect: '^SSH-2.0-OpenSSH', ...at },
    ],
    flows: [{ name: 'dns', port: 5353, flows: 1, ...at }],
  });
  const report = await probing.report();
  const { connects, flows } = report;
  const bad = [
    ...Object.values(connects).map(({ total, failed }) => failed > 0 || total < 5),
    ...Object.values(flows).map(({ sent, lost }) => lost > 0 || sent < 5),
  ];
  if (bad.includes(true)) throw new Error(`not every visitor was served: ${JSON.stringify(report)}`);
}

/** Logs in to the desktop through the tunnel, and gives what the command prints there. */
export function sshThroughTunnel(lab: Lab, command: string): Promise<string> {
  const options = ['-F', lab.sshConfig, '-p', '2222', '-o', 'HostKeyAlias=desktop'];
  return lab.control.must(['ssh', ...options, 'root@edge.test', command]);
}
