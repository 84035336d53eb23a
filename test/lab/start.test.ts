import { afterEach, expect, test, vi } from 'vitest';
import { Running } from './start.ts';

afterEach(() => vi.useRealTimers());

/** Its shell obeys no TERM, or leaves a child behind that holds its outputs. */
async function stubborn(script: string): Promise<Running> {
  const running = new Running(['sh', '-c', script]);
  await running.line(/^ready$/);
  return running;
}

test.each([
  ['ignores TERM', "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
  ['leaves something behind', 'sleep 3 & echo ready; wait'],
])('a program that %s is stopped after two minutes', async (_, script) => {
  const running = await stubborn(script);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stopped = running.stop();
  await vi.advanceTimersByTimeAsync(119_999);
  const early = vi.fn();
  running.ended.then(early);
  await vi.advanceTimersByTimeAsync(0);
  expect(early).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
});
