import { afterAll, beforeAll, expect, test } from 'vitest';
import { FINALIZE_SERVICE, ROTATE, STATE } from '../../src/artifacts/paths.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { Halted, type Point } from './crash-points.ts';
import { ROTATING, type RotatingServer, type Service, startRotating, TAKE_LOCK } from './rotating.ts';
import { isEchoed, visitAllServers } from './rotating-visitors.ts';
import type { Operator } from './tunnel.ts';

/**
 * Rounds of the host's program, shared out among the servers; and of whole applies, which go to all of them. In each round
 * all run at the same moment twice: to stage, and to finalize.
 */
const ROUNDS = 52;
const APPLIED_ROUNDS = 3;

const SERVERS = ['edge1', 'edge2', 'edge3', 'edge4'] as const;

const lab = useLab({ vps: SERVERS, clients: ['desktop'] });
let operator: Operator;
let servers: readonly RotatingServer[];

beforeAll(async () => {
  ({ operator, servers } = await startRotating(lab(), SERVERS, 'max_age: 7d, finalize: at-deadline'));
});
afterAll(() => operator?.[Symbol.dispose]());

/** Two applies' runs for the service that is due and the timer's unit, and what each ended with. */
const twoRunsAndTheTimer = (service: Service) => `systemctl reset-failed ${FINALIZE_SERVICE}
${ROTATE} --actor one due ${service} >/dev/null & one=$!
${ROTATE} --actor two due ${service} >/dev/null & two=$!
systemctl start ${FINALIZE_SERVICE} & timer=$!
for each in $one $two $timer; do wait "$each"; printf '%s ' "$?"; done`;

const outdate = ({ host }: RotatingServer, service: Service) =>
  host.must(`${TAKE_LOCK}; sed -i 's/ [0-9]*$/ 1000000000/' ${STATE}/rotation/${service}/record`);

/** The client has come with the new tokens, and time has gone by. */
async function verified(server: RotatingServer): Promise<void> {
  await server.sync();
  await server.settle();
  await server.endGrace();
}

const expectPhase = async (server: RotatingServer, service: Service, phase: string) =>
  expect((await server.records())[service], server.name).toMatchObject({ phase });

/** One token grows old: all at once stage it, and once it is verified finalize it. */
async function round(server: RotatingServer, service: Service): Promise<void> {
  const atOnce = async () => expect(await server.host.must(twoRunsAndTheTimer(service))).toBe('0 0 0 ');
  await outdate(server, service);
  await atOnce();
  await expectPhase(server, service, 'staged');
  await verified(server);
  await atOnce();
  await expectPhase(server, service, 'steady');
  await server.sync();
}

/** Each generation was staged once and finalized once, in this order, and no line is missing. */
async function expectOnce(server: RotatingServer, generations: number): Promise<void> {
  const { audit, records, pending } = await server.standing();
  expect(pending).toBe(false);
  expect(audit.map(({ sequence }) => sequence)).toEqual(audit.map((_, at) => at + 1));
  const rotations = audit.filter(({ operation }) => operation === 'stage' || operation === 'finalize');
  expect(rotations).toHaveLength(2 * generations);
  for (const service of ROTATING) {
    const said = rotations.filter(({ target }) => target === service);
    const last = records[service]?.current ?? 0;
    const expected = Array.from({ length: last - 1 }, (_, at) =>
      ['stage', 'finalize'].map((operation) => [operation, at + 2]),
    );
    expect(said.map(({ operation, generation }) => [operation, generation])).toEqual(expected.flat());
  }
}

test(`two applies' runs and the timer at the same moment, ${2 * ROUNDS} times`, async () => {
  await Promise.all(
    servers.map(async (server, its) => {
      for (let at = its; at < ROUNDS; at += servers.length)
        await round(server, ROTATING[Math.floor(at / servers.length) % ROTATING.length] ?? 'web');
      await expectOnce(server, ROUNDS / servers.length);
      await server.answers(lab(), 'web', 'placed');
    }),
  );
  console.log(
    `${2 * ROUNDS} times two applies' runs and the timer at once: ${ROUNDS} rotations, staged, finalized and logged once each`,
  );
});

test(`two applies and the timer at the same moment, ${2 * APPLIED_ROUNDS} times`, async () => {
  const before = await Promise.all(servers.map((server) => server.standing()));
  const atOnce = async () => {
    const timers = servers.map((server) => server.tick());
    const applies = await Promise.all([operator.apply('--no-wait'), operator.apply('--no-wait')]);
    await Promise.all(timers);
    expect(applies).toMatchObject([{ code: 0 }, { code: 0 }]);
  };
  for (let at = 0; at < APPLIED_ROUNDS; at++) {
    const service = ROTATING[at % ROTATING.length] ?? 'web';
    const each = (todo: (server: RotatingServer) => Promise<unknown>) => Promise.all(servers.map(todo));
    await each((server) => outdate(server, service));
    await atOnce();
    await each((server) => expectPhase(server, service, 'staged'));
    await each(verified);
    await atOnce();
    await each((server) => expectPhase(server, service, 'steady'));
    await each((server) => server.sync());
  }
  for (const [at, server] of servers.entries()) {
    const rotated = ROUNDS / servers.length + APPLIED_ROUNDS;
    await expectOnce(server, rotated);
    expect((await server.standing()).server['bystander.g1']).toBe(before[at]?.server['bystander.g1']);
  }
  console.log(
    `${2 * APPLIED_ROUNDS} times two applies and the timer at once, on ${servers.length} servers: once each`,
  );
});

/** Milliseconds of a packet's way to a server: a login takes a second from where rathole looks the service up. */
const LATENCY = 500;

/**
 * All clients of the server are logging in while the action replaces server.toml.
 *
 * @returns whether rathole let the client in although its generation had gone
 */
async function logInDuring(server: RotatingServer, action: Point['action']): Promise<boolean> {
  const { host } = server;
  if (action !== 'compromise') expect(await server.rotate('rotate', ...ROTATING)).toMatchObject({ code: 0 });
  if (action === 'cancel') await server.sync();
  const before = await server.standing();
  // As if a while had passed since the staging.
  await host.must("touch -d '-5 seconds' /etc/rathole/server.toml; systemctl stop rathole-server");
  await host.cable.delay(LATENCY);
  const halted = await Halted.start(server, { action, operation: 'server', moment: 'before' });
  await using log = await host.follow('rathole-server');
  await host.must('systemctl start rathole-server');
  const begun = () => log.lines.filter((line) => line.includes('Try to handshake a control channel'));
  const all = () => begun().length >= Object.keys(before.client).length;
  await waitFor(all, { what: `the logins at ${server.name}`, every: 10 });
  await halted.go();
  await host.cable.mend();
  const kept = (await server.standing()).server;
  const gone = Object.keys(before.server).find((name) => name.startsWith('web.') && !(name in kept));
  const letIn = await log.line(new RegExp(`channel established service=${gone}\\b`));
  const dropped = log.lines.findIndex((line) => new RegExp(`[Dd]elete.*${gone}\\b`).test(line));
  expect(log.lines.filter((line) => line.includes('Sleep for a while'))).toEqual([]);
  await server.sync();
  await server.settle();
  // What was on its way when the cable was mended is sent again only after a while.
  await waitFor(() => isEchoed(lab(), server), { what: `an echo from ${server.name}` });
  return log.lines.indexOf(letIn) > dropped;
}

test('a login at the same moment as its generation goes: no visitor is passed to what comes of it', async () => {
  const actions = ['finalize', 'cancel', 'compromise'] as const;
  const seen = actions.map(async (action, at) => {
    // A busy machine may take so long that the login is over by then.
    for (let times = 0; times < 5; times++)
      if (await logInDuring(servers[at] as RotatingServer, action)) return action;
    return 'none';
  });
  expect(await Promise.all(seen)).toEqual(actions);
  await visitAllServers(lab(), servers);
});
