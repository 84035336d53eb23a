import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { FINALIZE_TIMER } from '../../src/artifacts/paths.ts';
import { useLab } from '../lab/vitest.ts';
import { converge, type Doomed, Halted, isDone, kill, type Point, pointsOf, textOf } from './crash-points.ts';
import { ROTATING, type RotatingServer, type Standing, startRotating } from './rotating.ts';
import { expectNoFailure, visitAllServers, visitedDuring } from './rotating-visitors.ts';
import type { Operator } from './tunnel.ts';

/** `npm run test:crashes`: all faults strike everywhere, which takes minutes. */
const EVERYWHERE = process.env['CRASH_POINTS'] === 'all';
if (EVERYWHERE) vi.setConfig({ testTimeout: 3_600_000 });

/** The points are shared out among them: most of the time is spent waiting. */
const SERVERS = ['edge1', 'edge2', 'edge3', 'edge4', 'edge5', 'edge6'] as const;

const lab = useLab({ vps: SERVERS, clients: ['desktop'] });
let operator: Operator;
let servers: readonly RotatingServer[];

beforeAll(async () => {
  ({ operator, servers } = await startRotating(lab(), SERVERS, 'max_age: never, finalize: at-deadline'));
});
afterAll(() => operator?.[Symbol.dispose]());
afterEach(() => visitAllServers(lab(), servers));

/** In-place and blue-green services go through an action's operations abreast. */
const STRATEGIES = 2;
const covered = new Map<string, number>();
const count = (how: string) => covered.set(how, (covered.get(how) ?? 0) + STRATEGIES);
afterAll(() => {
  console.log(
    'killed before and after every operation of stage, finalize, cancel and compromise; all other faults:',
  );
  console.log(EVERYWHERE ? 'there, too' : STRUCK.map(textOf).join('; '));
  for (const [how, points] of covered) console.log(`${points} crash points: ${how}`);
  console.log(`crash points: ${[...covered.values()].reduce((sum, points) => sum + points, 0)}`);
});

/** Each server goes through its share of the list. */
async function share<T>(list: readonly T[], each: (server: RotatingServer, item: T) => Promise<void>) {
  await abreast(async (server, its) => {
    for (const [at, item] of list.entries()) if (at % servers.length === its) await each(server, item);
  });
}

/** A fault at one server ends the test only when all others are through: the next test begins on hosts at rest. */
async function abreast<T>(todo: (server: RotatingServer, its: number) => Promise<T>): Promise<T[]> {
  const ended = await Promise.allSettled(servers.map(todo));
  const faults = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join('\n'));
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

async function killAndConverge(server: RotatingServer, point: Point): Promise<void> {
  const before = await server.standing();
  await kill(server, point);
  await converge(server, point, before);
  count(`the host's program killed in ${point.action}`);
}

/** Does the action, unharmed. */
async function act(server: RotatingServer, order: 'rotate' | 'cancel'): Promise<void> {
  expect(await server.rotate(order, ...ROTATING)).toMatchObject({ code: 0, stderr: '' });
}

async function stage(server: RotatingServer): Promise<void> {
  await act(server, 'rotate');
  await server.sync();
  await server.settle();
}

test("the host's program killed at any operation of stage and of cancel: nobody notices", async () => {
  const cancels = pointsOf('cancel');
  const report = await visitedDuring(lab(), servers, ['web', 'placed'], () =>
    share([...pointsOf('stage').entries()], async (server, [at, point]) => {
      await killAndConverge(server, point);
      // The client has come with the new token, or not yet.
      if (at % 2 === 0) await server.settle();
      const cancel = cancels[at];
      if (cancel !== undefined) await killAndConverge(server, cancel);
    }),
  );
  expectNoFailure(report, 'stage and cancel');
});

test("the host's program killed at any operation of finalize: nobody notices, but in place the switch", async () => {
  const report = await visitedDuring(lab(), servers, ['web'], () =>
    share(pointsOf('finalize'), async (server, point) => {
      await stage(server);
      await killAndConverge(server, point);
      await server.answers(lab(), 'web', 'placed');
    }),
  );
  expectNoFailure(report, 'finalize');
});

test("the host's program killed at any operation of compromise: synced, the client serves again", async () => {
  await visitedDuring(lab(), servers, [], () =>
    share([...pointsOf('compromise').entries()], async (server, [at, point]) => {
      if (at % 2 === 0) await stage(server);
      await killAndConverge(server, point);
      await server.answers(lab(), 'web', 'placed');
    }),
  );
});

/** Where the other faults strike in `npm test`: what was decided, what the server serves, what the client is told. */
const REPRESENTATIVE: readonly Point[] = [
  ...(['decide', 'server', 'sync'] as const).map((operation) => ({ action: 'stage', operation })),
  ...(['decide', 'server', 'remove'] as const).map((operation) => ({ action: 'finalize', operation })),
  ...(['decide', 'drain', 'config'] as const).map((operation) => ({ action: 'cancel', operation })),
  ...(['decide', 'server', 'cut'] as const).map((operation) => ({ action: 'compromise', operation })),
].map((point) => ({ ...point, moment: 'after' }) as Point);
const ACTIONS = ['stage', 'finalize', 'cancel', 'compromise'] as const;
const STRUCK = EVERYWHERE ? ACTIONS.flatMap(pointsOf) : REPRESENTATIVE;

/** Whether the decision is written: the host completes the action by itself from there on. */
const isDecided = ({ operation, moment }: Point) => moment === 'after' && operation !== 'arm';

/** What strikes beside the host's program, which stands at the point, and whether that is killed, too. */
interface Stroke {
  readonly point: Point;
  readonly killed: boolean;
}

const strokesAt = (points: readonly Point[]): readonly Stroke[] =>
  [false, true].flatMap((killed) => points.map((point) => ({ point, killed })));

/** Brings the services to where the action is due; does the rest; and back to where nothing is staged. */
async function around(server: RotatingServer, { action }: Point, rest: () => Promise<void>): Promise<void> {
  if (action !== 'stage') await stage(server);
  await rest();
  await comeToRest(server, action);
}

/** Back to where nothing is staged, and all is served. */
async function comeToRest(server: RotatingServer, action: Doomed): Promise<void> {
  if (action === 'stage') await act(server, 'cancel');
  await server.sync();
  await server.answers(lab(), 'web', 'placed');
}

/** The program goes on, or is killed and the timer comes: where it was decided, the action is done after that. */
async function goesOn(server: RotatingServer, halted: Halted, { point, killed }: Stroke, before: Standing) {
  await (killed ? halted.kill() : halted.go());
  if (killed) await server.tick();
  if (!killed || isDecided(point))
    expect(isDone(point.action, before, await server.records()), textOf(point)).toBe(true);
}

/** A client that is synced serves again without a poll, but after a compromise. */
async function servesByItself(server: RotatingServer, { action }: Point): Promise<void> {
  if (action !== 'compromise') await server.answers(lab(), 'web');
  if (action === 'stage' || action === 'cancel') await server.answers(lab(), 'placed');
}

test('rebooted: the client comes back by itself, and the timer goes on', async () => {
  const left = new Set(servers);
  await share(STRUCK, (server, point) =>
    around(server, point, async () => {
      const before = await server.standing();
      await Halted.start(server, point);
      await server.host.crash();
      await server.host.powerOn();
      await servesByItself(server, point);
      // Once per server the timer comes in its own time.
      if (isDecided(point) && left.delete(server))
        await server.until('the timer', (records) => isDone(point.action, before, records));
      await converge(server, point, before);
      count('the server switched off and on');
    }),
  );
});

test('the client cut off, and both: the program goes on without it, and so does the timer', async () => {
  await share(strokesAt(STRUCK), (server, stroke) =>
    around(server, stroke.point, async () => {
      const before = await server.standing();
      const halted = await Halted.start(server, stroke.point);
      await server.host.cable.cut();
      await goesOn(server, halted, stroke, before);
      await server.host.cable.mend();
      await servesByItself(server, stroke.point);
      await converge(server, stroke.point, before);
      count(stroke.killed ? "the client cut off and the host's program killed" : 'the client cut off');
    }),
  );
});

/** The same by a controller, which has one run for all servers. */
const VERBS: Readonly<Record<Doomed, readonly string[]>> = {
  stage: ['rotate', '--no-wait'],
  finalize: ['finalize'],
  cancel: ['cancel'],
  compromise: ['rotate', '--compromised', '--no-wait', '--allow', 'interrupt-live-connections'],
};

/** Kills the controller while each server's program stands at its point; then that goes on, or is killed, too. */
async function killController(action: Doomed, strokes: readonly Stroke[]): Promise<void> {
  const each = <T>(todo: (server: RotatingServer, stroke: Stroke, at: number) => Promise<T>) =>
    abreast((server, at) => todo(server, strokes[at] as Stroke, at));
  await each(async (server) => {
    // The timer would be there first.
    await server.host.must(`systemctl stop ${FINALIZE_TIMER}`);
    if (action !== 'stage') await stage(server);
    if (action === 'finalize') await server.endGrace();
  });
  const before = await each((server) => server.standing());
  await each((server, { point }) => Halted.install(server, point));
  const services = ROTATING.flatMap((name) => ['--service', name]);
  const [verb = '', ...options] = VERBS[action];
  const controller = operator.start(verb, '--yes', ...services, ...options);
  const halted = await each(({ host }) => Halted.awaited(host)).catch(async (fault) => {
    await each((server) => Halted.release(server));
    await controller.ended;
    throw new Error(`${fault}\nthe controller said:\n${controller.lines.join('\n')}`);
  });
  await controller.stop('SIGKILL');
  await each(async (server, stroke, at) => {
    const stood = before[at] as Standing;
    await goesOn(server, halted[at] as Halted, stroke, stood);
    await converge(server, stroke.point, stood);
    await server.host.must(`systemctl start ${FINALIZE_TIMER}`);
    await comeToRest(server, action);
    count(stroke.killed ? 'the controller killed and the program, too' : 'the controller killed');
  });
}

test.each(ACTIONS)('the controller of %s killed, and both: the hosts go on', async (action) => {
  const strokes = strokesAt(STRUCK.filter((point) => point.action === action));
  for (let begin = 0; begin < strokes.length; begin += servers.length) {
    // A run is of all servers: those that are left over in the last one begin anew.
    const round = servers.map((_, at) => strokes[(begin + at) % strokes.length] as Stroke);
    await killController(action, round);
  }
});
