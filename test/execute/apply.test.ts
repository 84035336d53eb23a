import { expect, test } from 'vitest';
import { apply } from '../../src/execute/apply.ts';
import { ReconcileError } from '../../src/model/errors.ts';
import type { HostPlan } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/step.ts';
import { sha256 } from './sandbox.ts';
import { approved, GOOD, hostPlan, plan, unreachable, world } from './world.ts';

test('a host with nothing to do is not spoken to', async () => {
  const { ports, sent } = world({});
  expect(await apply(approved(hostPlan('edge', [])), ports)).toMatchObject([
    { host: 'edge', status: 'unchanged' },
  ]);
  expect(sent).toEqual({});
});

test('steps are reported as they happen, and success takes a second look', async () => {
  const { ports, events } = world({ edge: { output: `note left over\n${GOOD}` } });
  expect(await apply(approved(hostPlan('edge')), ports)).toMatchObject([{ status: 'changed', reasons: [] }]);
  expect(events.map(({ kind }) => kind)).toEqual([
    'host-begun',
    'note',
    'step-begun',
    'step-done',
    'step-begun',
    'step-done',
    'verifying',
    'host-ended',
  ]);
});

test('a second look that shows something else names what is left', async () => {
  const left: HostPlan = {
    ...hostPlan('edge'),
    changes: [
      {
        kind: 'update',
        target: 'unit nginx.service',
        cause: 'on disk but not loaded',
        before: '',
        after: '',
      },
    ],
  };
  const { ports } = world({ edge: { output: GOOD } }, { replan: async () => plan(left) });
  const [outcome] = await apply(approved(hostPlan('edge')), ports);
  expect(outcome).toMatchObject({ status: 'not-converged' });
  expect(outcome?.reasons).toContain('unit nginx.service: on disk but not loaded');
});

test('a failed step is named, with its reasons and what became of the rest', async () => {
  const output = 'started 1\nok 1\nstarted 2\nfailed 2\nwhy no space left\nend backed-out\n';
  const { ports } = world({ edge: { output } });
  expect(await apply(approved(hostPlan('edge')), ports)).toMatchObject([
    {
      status: 'failed',
      reasons: [
        'step 2 (write-file /etc/two) failed; what was done before it was taken back',
        'no space left',
      ],
    },
  ]);
});

test('a transaction that could not be backed out says so', async () => {
  const { ports } = world({ edge: { output: 'started 1\nfailed 1\nwhy disk\nend stuck\n' } });
  const [outcome] = await apply(approved(hostPlan('edge')), ports);
  expect(outcome?.reasons[0]).toBe('step 1 (write-file /etc/one) failed; not everything could be taken back');
});

test('a failure before the first step says that nothing was begun', async () => {
  const { ports } = world({ edge: { output: 'failed 0\nwhy locked\nend backed-out\n' } });
  const [outcome] = await apply(approved(hostPlan('edge')), ports);
  expect(outcome?.reasons).toEqual(['the check before the first step failed; nothing was done', 'locked']);
});

test('a connection that breaks leaves the outcome unknown, not failed', async () => {
  const { ports } = world({ edge: { output: 'started 1\nok 1\nstarted 2\nhalf a li', error: unreachable } });
  expect(await apply(approved(hostPlan('edge')), ports)).toMatchObject([
    { status: 'unknown', reasons: ['not heard of since step 2 (write-file /etc/two): no route'] },
  ]);
});

test('one host’s failure neither stops nor delays another', async () => {
  const { ports } = world(
    { bad: { output: 'failed 0\nend backed-out\n' }, edge: { output: GOOD }, far: { output: GOOD } },
    { forks: 1 },
  );
  const connect = ports.connect;
  const broken = { ...ports, connect: async (name: string) => (name === 'gone' ? reject() : connect(name)) };
  const outcomes = await apply(
    approved(...['bad', 'edge', 'far', 'gone'].map((name) => hostPlan(name))),
    broken,
  );
  expect(outcomes.map(({ host, status }) => `${host} ${status}`)).toEqual([
    'bad failed',
    'edge changed',
    'far changed',
    'gone unreachable',
  ]);
});

const reject = (): never => {
  throw unreachable;
};

test('at most so many hosts are worked on at once', async () => {
  let running = 0;
  let most = 0;
  const { ports } = world({}, { forks: 3 });
  const connect = async (name: string) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return ports.connect(name);
  };
  const hosts = Array.from({ length: 9 }, (_, index) => hostPlan(`host${index}`));
  await apply(approved(...hosts), { ...ports, connect });
  expect(most).toBe(3);
});

test('after a stop, what runs comes to its end and nothing new is begun', async () => {
  const stop = new AbortController();
  const { ports, sent } = world({ edge: { output: GOOD } }, { forks: 1, stop: stop.signal });
  const connect = async (name: string) => {
    stop.abort();
    return ports.connect(name);
  };
  const outcomes = await apply(approved(hostPlan('edge'), hostPlan('far')), { ...ports, connect });
  expect(outcomes).toMatchObject([{ status: 'changed' }, { status: 'stopped' }]);
  expect(Object.keys(sent)).toEqual(['edge']);
});

test('a program is fetched before its host is spoken to, and a missing one fails that host alone', async () => {
  const program: Step = { kind: 'install-program', path: '/opt/x', sha256: sha256('x') };
  const { ports, sent } = world({ edge: { output: GOOD }, far: { output: GOOD } });
  const read = async () => {
    throw new ReconcileError('failed', 'wrong hash', 'pin the right one');
  };
  const outcomes = await apply(approved(hostPlan('edge', [program]), hostPlan('far')), {
    ...ports,
    programs: { read },
  });
  expect(outcomes).toMatchObject([
    { status: 'failed', reasons: ['wrong hash'], remedy: 'pin the right one' },
    { status: 'changed' },
  ]);
  expect(Object.keys(sent)).toEqual(['far']);
});
