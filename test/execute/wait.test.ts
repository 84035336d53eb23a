import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/execute/events.ts';
import type { ExecResult, Host } from '../../src/execute/ports.ts';
import { waitForRotations } from '../../src/execute/wait.ts';
import { ReconcileError } from '../../src/model/errors.ts';

const WAITING = { host: 'edge', services: ['ssh', 'web'], seconds: 930 };

function world(said: string, end: () => Promise<Partial<ExecResult>>, stop = new AbortController()) {
  const events: RunEvent[] = [];
  const commands: string[] = [];
  const host: Host = {
    name: 'edge',
    exec: async (command, _, { onOutput }) => {
      commands.push(command);
      for (const piece of said.match(/.{1,5}/gs) ?? []) onOutput?.(piece);
      return { code: 0, stdout: said, stderr: '', ...(await end()) };
    },
    close: async () => {},
  };
  const report = (event: RunEvent) => events.push(event);
  const ports = { connect: async () => host, actor: 'me@here', report, forks: 20, stop: stop.signal };
  return { ports, events, commands };
}

const over = async () => ({});

test('waits in one exec, tells each change and the time that is left, until all are done', async () => {
  const lines =
    'ssh wait grace 1 2 99\nweb wait grace 4 5 99\n- 17\nweb finalize verified 5 0 0\nssh finalize verified 2 0 0\n';
  const { ports, events, commands } = world(lines, over);
  expect(await waitForRotations([WAITING], ports)).toMatchObject([
    { host: 'edge', status: 'rotated', reasons: [] },
  ]);
  expect(commands).toEqual(['/usr/local/lib/reconcile/rotate --actor me@here wait 930 ssh web']);
  expect(events.map(({ kind }) => kind)).toEqual([
    ...['rotation', 'rotation', 'countdown', 'rotation', 'rotation', 'host-ended'],
  ]);
  expect(events[2]).toEqual({ kind: 'countdown', host: 'edge', seconds: 17 });
});

test('of a rotation that is over nothing more is told while others go on', async () => {
  const lines =
    'ssh finalize verified 2 0 0\nweb wait grace 4 5 99\nssh nothing fresh 2 0 0\nweb finalize verified 5 0 0\n';
  const { ports, events } = world(lines, over);
  const [outcome] = await waitForRotations([WAITING], ports);
  const told = events.flatMap((event) =>
    event.kind === 'rotation' ? [`${event.rotation.service} ${event.rotation.rule}`] : [],
  );
  expect(told).toEqual(['ssh verified', 'web grace', 'web verified']);
  expect(outcome).toMatchObject({
    status: 'rotated',
    rotations: [{ rule: 'verified' }, { rule: 'verified' }],
  });
});

test('what is not done at the end is named, and its last word is kept', async () => {
  const { ports } = world('ssh finalize verified 2 0 0\nweb hold straggler-held 4 5 99\n', over);
  expect(await waitForRotations([WAITING], ports)).toMatchObject([
    {
      status: 'rotating',
      reasons: ['not done yet: web'],
      rotations: [{ service: 'ssh' }, { service: 'web', verdict: 'hold' }],
    },
  ]);
});

test('a host that fails to wait says why', async () => {
  const { ports } = world('', async () => ({ code: 1, stderr: 'rotate: systemd does not answer\n' }));
  expect(await waitForRotations([WAITING], ports)).toMatchObject([
    { status: 'failed', reasons: ['waiting ended with exit status 1', 'rotate: systemd does not answer'] },
  ]);
});

test('a connection that breaks leaves the rotation to the host', async () => {
  const { ports } = world('', () => Promise.reject(new ReconcileError('unreachable', 'no route', 'look')));
  expect(await waitForRotations([WAITING], ports)).toMatchObject([
    { status: 'unknown', reasons: ['no route'] },
  ]);
});

test('whoever stops waiting is not kept', async () => {
  const stop = new AbortController();
  const { ports } = world('ssh wait grace 1 2 99\n', () => new Promise(() => {}), stop);
  const waiting = waitForRotations([WAITING], ports);
  stop.abort();
  expect(await waiting).toMatchObject([{ status: 'rotating', reasons: ['not done yet: ssh, web'] }]);
});
