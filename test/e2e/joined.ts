import { readFileSync } from 'node:fs';
import { SYNC_PROGRAM } from '../../src/artifacts/bundle/units.ts';
import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import type { Ran } from '../lab/run.ts';
import { waitFor } from '../lab/wait.ts';
import { serveTargets } from '../prober/lab.ts';
import { giveNginx } from './nginx-room.ts';
import type { Operator, PlaybookText } from './tunnel.ts';
import { desktopIsThere, SERVICES } from './visitor.ts';

/** Seconds between polls: the least that a playbook takes. */
export const POLL = 5;
/** Seconds that a tick, its jitter, the transfer, rathole's reload and the host's look may add to a poll. */
export const SLACK = 8;
/** Seconds of grace: the least for such a poll. */
export const GRACE = 2 * POLL;

/** The sync step's status where another one runs. */
const ANOTHER_RUN = 7;

/** One service of each kind, and one whose connections stay open. */
export const WITH_CHAT: PlaybookText['services'] = {
  ...SERVICES,
  chat: { client: 'desktop', local: '127.0.0.1:7000', bind: '0.0.0.0:7007' },
};

/** Runs the installer that `reconcile bundle` has written for a client, there, as its owner would. */
export async function joinByBundle(operator: Operator, client: Host): Promise<void> {
  const file = `${client.name}.sh`;
  const { code, stderr } = await operator.bundle(client.name, file);
  if (code !== 0) throw new Error(`bundle: exit status ${code}\n${stderr}`);
  await client.write(`/root/${file}`, readFileSync(operator.at(file)), { mode: '0600' });
  await client.must(`sh /root/${file} && rm /root/${file}`);
}

/** Applies the playbook and brings the desktop in. */
export async function joinDesktop(lab: Lab, operator: Operator): Promise<void> {
  await applied(operator);
  await setUpDesktop(lab, operator);
}

/**
 * The same, where nginx and sshd may have so many visitors at once that they turn nobody away while they come faster
 * than a busy machine serves them.
 */
export async function joinDesktopOfMany(lab: Lab, operator: Operator): Promise<void> {
  await applied(operator);
  await giveNginx(lab.host('edge'), { connections: 8192, descriptors: 16_384 });
  const desktop = lab.host('desktop');
  await desktop.write('/etc/ssh/sshd_config.d/visitors.conf', 'MaxStartups 1000\n');
  await desktop.must('systemctl reload ssh');
  await joinDesktop(lab, operator);
}

async function applied(operator: Operator): Promise<void> {
  const { code, stdout, stderr } = await operator.apply();
  if (code !== 0) throw new Error(`apply: exit status ${code}\n${stdout}\n${stderr}`);
}

/** Puts all that `WITH_CHAT` leads to on the desktop, runs its installer there, and waits until its services are there. */
export async function setUpDesktop(lab: Lab, operator: Operator): Promise<void> {
  await serveTargets(lab.host('desktop'), { id: 'desktop', http: 8000, tcp: 7000, udp: 5300 });
  await joinByBundle(operator, lab.host('desktop'));
  await desktopIsThere(lab.host('edge'));
}

/** Polls now; where the timer's poll is at work, after it. */
export async function pollNow(client: Host, server: string): Promise<Ran> {
  const polled = async () => {
    const ran = await client.exec([SYNC_PROGRAM, server]);
    return ran.code !== ANOTHER_RUN && ran;
  };
  return waitFor(polled, { what: `a poll of ${server}`, every: 200 });
}

/** Ends the desktop's polls, or lets it poll again. */
export async function polls(lab: Lab, verb: 'start' | 'stop'): Promise<void> {
  const units = 'reconcile-sync@home-edge.timer reconcile-sync@home-edge.service';
  await lab.host('desktop').must(`systemctl ${verb} ${units}`);
}
