import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { Outcome, RunEvent } from '../../src/execute/events.ts';
import { liveProgress } from '../../src/render/progress/live.ts';
import { plainProgress, troubles } from '../../src/render/progress/progress.ts';
import { Countdown } from '../../src/render/progress/rotations.ts';

const done: Outcome = { host: 'edge', status: 'changed', reasons: [], rotations: [], remedy: '' };
const failed: Outcome = {
  host: 'far',
  status: 'failed',
  reasons: ['step 1 (write-file /etc/x) failed', 'no space left'],
  remedy: 'make room',
  rotations: [],
};
const EVENTS: readonly RunEvent[] = [
  { kind: 'host-begun', host: 'edge', steps: ['write-file /etc/x', 'reload-nginx'] },
  { kind: 'host-begun', host: 'far', steps: ['write-file /etc/x'] },
  { kind: 'note', host: 'edge', text: 'an earlier transaction was killed' },
  { kind: 'step-begun', host: 'edge', step: 1 },
  { kind: 'step-done', host: 'edge', step: 1 },
  { kind: 'step-begun', host: 'far', step: 1 },
  { kind: 'step-begun', host: 'edge', step: 2 },
  { kind: 'host-ended', outcome: failed },
  { kind: 'verifying', host: 'edge' },
  { kind: 'host-ended', outcome: done },
];

test('what a host says moves no cursor', () => {
  const said = { ...failed, reasons: ['\u001b[2Jno\u009bspace'] };
  let text = '';
  plainProgress((piece) => {
    text += piece;
  }).listen({ kind: 'note', host: 'edge', text: 'one\u001b[2J\ntwo' });
  expect(text).toBe('edge: one\\u001b[2J two\n');
  expect(troubles([said])).toContain('\\u001b[2Jno\\u009bspace');
});

test('without a terminal, each event is a line', async () => {
  let text = '';
  const progress = plainProgress((piece) => {
    text += piece;
  });
  for (const event of EVENTS) progress.listen(event);
  await progress.end();
  expect(text).toBe(
    [
      'edge: an earlier transaction was killed',
      'edge: 1/2 write-file /etc/x',
      'far: 1/1 write-file /etc/x',
      'edge: 2/2 reload-nginx',
      'far: failed',
      'edge: observing again',
      'edge: done, and seen to be in effect',
      '',
    ].join('\n'),
  );
});

/** Enough of a terminal for listr2 to draw on. */
function terminal(): { out: NodeJS.WriteStream; text: () => string } {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 40 });
  let text = '';
  out.on('data', (piece) => {
    text += piece;
  });
  return { out: out as unknown as NodeJS.WriteStream, text: () => text };
}

test('on a terminal, each host has a row that ends with how it came out', async () => {
  const { out, text } = terminal();
  const drawnAnew = (before = text().length) =>
    vi.waitFor(() => expect(text().length).toBeGreaterThan(before), { timeout: 10_000, interval: 10 });
  const progress = liveProgress(['edge', 'far'], out);
  for (const event of EVENTS) {
    await drawnAnew();
    progress.listen(event);
  }
  await progress.end();
  expect(text()).toContain('1/2 write-file /etc/x');
  expect(text()).toContain('edge: done, and seen to be in effect');
  expect(text()).toContain('far: step 1 (write-file /etc/x) failed');
});

test('drawing leaves the signals alone', async () => {
  const before = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
  const progress = liveProgress(['edge'], terminal().out);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))).toEqual(before);
  progress.listen({ kind: 'host-ended', outcome: done });
  await progress.end();
});

test('troubles are told with every reason and the mend, and only where there are any', () => {
  expect(troubles([done, failed])).toBe(
    'far: failed\n    step 1 (write-file /etc/x) failed\n    no space left\n  mend: make room\n',
  );
});

test('what hosts say of rotations is told in the words of the table, with the time that is left', () => {
  const countdown = new Countdown();
  const rotation = {
    service: 'ssh',
    verdict: 'wait',
    rule: 'grace',
    current: 1,
    next: 2,
    finalizeAt: 99,
  } as const;
  const waits = 'ssh g1 -> g2: the client has not come with the new token yet, or does not answer through it';
  expect(countdown.line({ kind: 'rotation', host: 'edge', rotation, awaited: true })).toBe(waits);
  expect(countdown.line({ kind: 'countdown', host: 'edge', seconds: 842 })).toBe(`842 s left; ${waits}`);
  const verified = { ...rotation, verdict: 'finalize', rule: 'verified', current: 2, next: 0 } as const;
  let text = '';
  const progress = plainProgress((piece) => {
    text += piece;
  });
  progress.listen({ kind: 'countdown', host: 'edge', seconds: 842 });
  progress.listen({ kind: 'rotation', host: 'edge', rotation: verified, awaited: true });
  const unknown = { ...verified, rule: 'of-another-release' };
  progress.listen({ kind: 'rotation', host: 'edge', rotation: unknown, awaited: true });
  expect(text).toBe(
    'edge: ssh g2: verified: the client is connected with the new token\nedge: ssh g2: of-another-release\n',
  );
});

test('of a rotation that is waited for and at rest, it is told that another run has done it', () => {
  const fresh = {
    service: 'ssh',
    verdict: 'nothing',
    rule: 'fresh',
    current: 2,
    next: 0,
    finalizeAt: 0,
  } as const;
  const told = (awaited: boolean) =>
    new Countdown().line({ kind: 'rotation', host: 'edge', rotation: fresh, awaited });
  expect(told(true)).toBe('ssh g2: ended meanwhile, by the timer or another run');
  expect(told(false)).toBe('ssh g2: the token is younger than max_age, or none is set');
  const gone = { ...fresh, rule: 'gone', current: 0 };
  expect(new Countdown().line({ kind: 'rotation', host: 'edge', rotation: gone, awaited: true })).toBe(
    'ssh g0: the service is not served',
  );
});
