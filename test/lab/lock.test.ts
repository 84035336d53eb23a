import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { withLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('works under one lock follow one another, and an error lets go of it', async () => {
  const path = join(folder, 'deep/lock');
  let inside = 0;
  let most = 0;
  const work = async (fails: boolean) => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(30);
    inside -= 1;
    if (fails) throw new Error('no');
    return 'done';
  };
  const results = await Promise.allSettled(
    [true, false, true, false].map((fails) => withLock(path, () => work(fails))),
  );
  expect(most).toBe(1);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
});

test('works under different locks run beside each other', async () => {
  const order: string[] = [];
  await withLock(join(folder, 'a'), async () => {
    order.push('a begins');
    await withLock(join(folder, 'b'), async () => order.push('b'));
    order.push('a ends');
  });
  expect(order).toEqual(['a begins', 'b', 'a ends']);
});
