import { expect, test } from 'vitest';
import { slotAddress } from '../../../src/artifacts/slot.ts';
import type { Listener } from '../../../src/model/observed.ts';
import { nextGeneration, servedGenerations } from '../../../src/planner/rotation/generation.ts';
import { ageOf, readSlot } from '../../../src/planner/rotation/situation.ts';

const slot = { protocol: 'tcp', ...slotAddress(8080, 7) } as const;
const listener = (address: string, ...pids: number[]): Listener => ({
  protocol: slot.protocol,
  address,
  port: slot.port,
  processes: pids.map((pid) => ({ name: 'rathole', pid })),
});

test.each([
  ['nobody', [], 'free'],
  ['rathole, exactly there', [listener(slot.address, 7)], 'ours'],
  ['rathole there, on one device only', [{ ...listener(slot.address, 7), device: 'lo' }], 'foreign'],
  ['rathole there, by IPv6', [listener(`::ffff:${slot.address}`, 7)], 'foreign'],
  ['rathole, and somebody who cannot be seen', [listener(slot.address, 7), listener(slot.address)], 'unseen'],
  ['another program there', [listener(slot.address, 8)], 'foreign'],
  ['rathole and another program', [listener(slot.address, 7, 8)], 'foreign'],
  ['somebody who cannot be seen', [listener(slot.address)], 'unseen'],
  ['rathole on every IPv4 address', [listener('0.0.0.0', 7)], 'foreign'],
  ['rathole on every address', [listener('*', 7)], 'foreign'],
  ['rathole on every IPv6 address', [listener('[::]', 7)], 'foreign'],
  ['rathole on every address of an interface', [listener('0.0.0.0%lo', 7)], 'foreign'],
  ['rathole exactly there and on every address', [listener(slot.address, 7), listener('[::]', 7)], 'foreign'],
  ['rathole at the other slot', [listener(slotAddress(8080, 8).address, 7)], 'free'],
  ['rathole at another port', [{ ...listener(slot.address, 7), port: 1020 }], 'free'],
  ['the same port of UDP', [{ ...listener(slot.address, 7), protocol: 'udp' }], 'free'],
] as const)('a slot with %s', (_, listeners, reading) => {
  expect(readSlot(listeners, slot, 7)).toBe(reading);
});

test('a slot is a loopback address that follows from port and parity', () => {
  expect(slotAddress(8080, 8)).toEqual({ address: '127.77.31.144', port: 1019 });
  expect(slotAddress(65535, 1)).toEqual({ address: '127.78.255.255', port: 1019 });
});

test.each([
  [7, 7, 8],
  [7, 8, 10],
  [7, 9, 10],
  [0, 0, 1],
  [0, 8, 9],
])('generation %i is served, %i was the highest: the next is %i', (current, highest, next) => {
  expect(nextGeneration({ current, highest })).toBe(next);
});

test.each([
  [undefined, 100, 10, 'unmanaged'],
  [100, undefined, 10, 'unknown'],
  [100, 911, 10, 'fresh'],
  [100, 910, 10, 'expiring'],
  [100, 900, 10, 'overdue'],
  [100, 2000, 10, 'fresh'],
] as const)(
  'with max_age %s a token of %s is, at 1000 and with a warning of %i: %s',
  (maxAge, since, warnBefore, age) => {
    expect(ageOf(since, maxAge === undefined ? { warnBefore } : { maxAge, warnBefore }, 1000)).toBe(age);
  },
);

test.each([
  ['blue-green', 'staged', [7, 8]],
  ['in-place', 'staged', [7]],
  ['blue-green', 'finalizing', [8]],
  ['in-place', 'cancelling', [7]],
  ['blue-green', 'compromised', [8]],
  ['blue-green', 'gone', []],
] as const)('%s, %s: server.toml has %j', (cutover, phase, generations) => {
  const record = { current: 7, next: 8, highest: 8, stagedAt: 0, finalizeAt: 0, rotatedAt: undefined };
  expect(servedGenerations(cutover, { ...record, phase })).toEqual(generations);
});
