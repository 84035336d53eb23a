import { expect } from 'vitest';
import { LOCK, ROTATE } from '../../src/artifacts/paths.ts';
import { rotateScript } from '../../src/artifacts/rotate/program.ts';
import { type Operation, ORDER_OF_OPERATIONS } from '../../src/model/rotation/operations.ts';
import type { RotationRecord } from '../../src/model/rotation.ts';
import { nextGeneration } from '../../src/planner/rotation/generation.ts';
import { ENDED } from '../lab/agent.ts';
import type { Host } from '../lab/host.ts';
import { faultAt, type Moment } from '../rotate/fault.ts';
import { GRACE_IS_OVER, ROTATING, type RotatingServer, type Standing, TAKE_LOCK } from './rotating.ts';

export type Doomed = 'stage' | 'finalize' | 'cancel' | 'compromise';

/** Where an action is broken off, for a service of each strategy: they go through its operations abreast. */
export interface Point {
  readonly action: Doomed;
  readonly operation: Operation;
  readonly moment: Moment;
}

/** All of an action's: between two operations nothing happens, so after the one is before the next. */
export const pointsOf = (action: Doomed): readonly Point[] =>
  ORDER_OF_OPERATIONS[action].flatMap((operation, at) =>
    (at === 0 ? (['before', 'after'] as const) : (['after'] as const)).map((moment) => ({
      ...{ action, operation, moment },
    })),
  );

export const textOf = ({ action, moment, operation }: Point) => `${action}, ${moment} ${operation}`;

/** What a person or the timer runs for the action. */
const ORDERS: Readonly<Record<Doomed, readonly string[]>> = {
  stage: ['rotate', ...ROTATING],
  finalize: ['continue'],
  cancel: ['cancel', ...ROTATING],
  compromise: ['compromised', ...ROTATING],
};

/** The host's program with a fault there. */
const brokenProgram = ({ operation, moment }: Point, fault?: string) =>
  faultAt(rotateScript(), operation, moment, fault);

/** A shell script that runs the broken program when the action is due. */
function brokenRun(point: Point, fault?: string): string {
  const program = '/run/broken-rotate';
  return `${TAKE_LOCK}; ${point.action === 'finalize' ? GRACE_IS_OVER : ':'}
cat >${program} <<'END OF PROGRAM'
${brokenProgram(point, fault)}
END OF PROGRAM
exec sh ${program} --locked ${ORDERS[point.action].join(' ')}`;
}

const STANDS = '/run/stands';
const GO = '/run/go';
const HALT = `echo $$ >${STANDS}; until [ -e ${GO} ]; do sleep 0.05; done`;

const install = (host: Host, program: string) => host.write(ROTATE, program, { mode: '0755' });

/** The program stands there, with the host's lock. */
export class Halted {
  readonly #host: Host;

  private constructor(host: Host) {
    this.#host = host;
  }

  /** Starts it by itself. */
  static async start({ host }: RotatingServer, point: Point): Promise<Halted> {
    await host.must(`rm -f ${STANDS} ${GO}`);
    host.start(brokenRun(point, HALT));
    return Halted.awaited(host);
  }

  /** In the host's place for it, for whoever runs it next. */
  static async install({ host }: RotatingServer, point: Point): Promise<void> {
    await host.must(`rm -f ${STANDS} ${GO}`);
    await install(host, brokenProgram(point, HALT));
  }

  /** Lets whoever stands there go on, and nobody stand there any more. */
  static async release({ host }: RotatingServer): Promise<void> {
    await install(host, rotateScript());
    await host.must(`touch ${GO}`);
  }

  /** Waits for it to stand there; after that the whole program is in its place. */
  static async awaited(host: Host): Promise<Halted> {
    await host.must(`until [ -s ${STANDS} ]; do sleep 0.05; done`);
    await install(host, rotateScript());
    return new Halted(host);
  }

  /** It goes on to its end. */
  go(): Promise<string> {
    return this.#host.must(`touch ${GO}; flock -w 30 ${LOCK} true`);
  }

  kill(): Promise<string> {
    return this.#host.must(`kill -9 "$(cat ${STANDS})"; flock -w 30 ${LOCK} true`);
  }
}

/** Kills the program there. */
export async function kill(server: RotatingServer, point: Point): Promise<void> {
  const { code, stderr } = await server.host.exec(brokenRun(point));
  expect(code, `${server.name}: ${textOf(point)}: ${stderr}`).toBe(137);
  expect(stderr).not.toContain(ENDED);
}

/** The client comes at the worst moment, then the timer; what was not decided yet is asked for again. */
export async function converge(server: RotatingServer, point: Point, before: Standing): Promise<void> {
  const { action } = point;
  await server.sync();
  await server.tick();
  if (!isDone(action, before, await server.records())) {
    if (action === 'finalize') await server.endGrace();
    const { code, stderr } = await server.rotate(...ORDERS[action]);
    expect(code, `${server.name}: ${textOf(point)}: ${stderr}`).toBe(0);
  }
  await server.sync();
  await expectOutcome(server, point, before);
}

type Numbers = Pick<RotationRecord, 'phase' | 'current' | 'next'>;

/** What the record says when the action is done. */
function outcomeOf(action: Doomed, record: RotationRecord): Numbers {
  const { current, next } = record;
  switch (action) {
    case 'stage':
      return { phase: 'staged', current, next: nextGeneration(record) };
    case 'finalize':
      return { phase: 'steady', current: next, next: 0 };
    case 'cancel':
      return { phase: 'steady', current, next: 0 };
    case 'compromise':
      return { phase: 'steady', current: nextGeneration(record), next: 0 };
  }
}

const outcomesOf = (action: Doomed, before: Standing) =>
  Object.fromEntries(
    Object.entries(before.records).map(([name, record]) => [name, outcomeOf(action, record)]),
  );

const numbersOf = ({ phase, current, next }: RotationRecord): Numbers => ({ phase, current, next });

/** Whether the action has come to its end, for all services. */
export const isDone = (action: Doomed, before: Standing, records: Standing['records']) =>
  ROTATING.every((name) => {
    const [record, wanted] = [records[name], outcomesOf(action, before)[name]];
    return record !== undefined && JSON.stringify(numbersOf(record)) === JSON.stringify(wanted);
  });

/** The action is done, once, and nothing is lost: files agree, and what is kept has its token. */
async function expectOutcome(server: RotatingServer, point: Point, before: Standing): Promise<void> {
  const { action } = point;
  const said = `${server.name}: ${textOf(point)}`;
  const after = await server.standing();
  const outcomes = outcomesOf(action, before);
  expect(
    Object.fromEntries(Object.entries(after.records).map(([name, record]) => [name, numbersOf(record)])),
    said,
  ).toEqual(outcomes);
  const generations = (name: string) =>
    [outcomes[name]?.current ?? 0, outcomes[name]?.next ?? 0].filter((number) => number > 0);
  const names = ROTATING.flatMap((name) =>
    name === 'placed' ? [name] : generations(name).map((number) => `${name}.g${number}`),
  );
  expect(Object.keys(after.server).sort(), said).toEqual(['bystander.g1', ...names].sort());
  expect(after.published, said).toEqual(after.server);
  expect(after.client, said).toEqual(after.server);
  const kept = Object.keys(after.server).filter(
    (name) => name in before.server && (name !== 'placed' || action === 'stage' || action === 'cancel'),
  );
  for (const name of kept) expect(after.server[name], `${said}: ${name}`).toBe(before.server[name]);
  const fragments = ROTATING.flatMap((name) =>
    generations(name).map((number) => `50-${name}.g${number}.toml`),
  );
  const expected = ['00-head.toml', '50-bystander.g1.toml', ...fragments].sort();
  expect([...after.fragments].sort(), said).toEqual(expected);
  expect([...after.clientFragments].sort(), said).toEqual(expected);
  expect(after.pending, said).toBe(action === 'stage');
  const entries = after.audit.slice(before.audit.length);
  expect(entries.map(({ target, operation }) => `${operation} ${target}`).sort(), said).toEqual(
    ROTATING.map((name) => `${action} ${name}`).sort(),
  );
}
