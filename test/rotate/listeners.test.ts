import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { LISTENERS } from '../../src/artifacts/rotate/listeners.ts';
import { listeners } from '../../src/facts/sockets.ts';
import { readSlot } from '../../src/planner/rotation/situation.ts';

const RATHOLE = 4242;
const SLOT = '127.77.8.174';
const OURS = 'users:(("rathole",pid=4242,fd=11))';

/** A listener's line as releases of iproute2 have printed it with -H -l -t -u -n -p; what it is to the slot. */
const LINES = [
  // 6.1: columns as wide as they need be.
  [`tcp LISTEN 0      1024  127.77.8.174:1019 0.0.0.0:* ${OURS}`, 'ours'],
  // 5.10: the last column is padded.
  [`tcp   LISTEN 0      1024   127.77.8.174:1019        0.0.0.0:*    ${OURS}                    `, 'ours'],
  // 4.20: a tab before the owners.
  [
    `tcp    LISTEN     0      1024            127.77.8.174:1019                 0.0.0.0:*          \t${OURS}`,
    'ours',
  ],
  // 4.9: no address is a star.
  [
    `tcp    LISTEN     0      1024   127.77.8.174:1019                  *:*                   ${OURS}`,
    'ours',
  ],
  [
    `tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("rathole",pid=4242,fd=11),("rathole",pid=4242,fd=12))`,
    'ours',
  ],
  [
    `tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("rathole",pid=4242,fd=11),("sh",pid=77,fd=11))`,
    'foreign',
  ],
  ['tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("nc",pid=77,fd=3))', 'foreign'],
  ['tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("nc",pid=42424,fd=3))', 'foreign'],
  // A process that cannot be seen, and one that would like to be rathole.
  ['tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:*', 'unseen'],
  ['tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("a",pid=4242,fd=1)",pid=99,fd=3))', 'unseen'],
  ['tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:* users:(("a b",pid=99,fd=3))', 'foreign'],
  // Wildcards, whoever has them; the oldest releases wrote [::] without brackets.
  [`tcp LISTEN 0 128 0.0.0.0:1019 0.0.0.0:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 *:1019 *:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 [::]:1019 [::]:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 :::1019 :::* ${OURS}`, 'foreign'],
  // Bound to a device, at the slot or everywhere.
  [`tcp LISTEN 0 128 127.77.8.174%lo:1019 0.0.0.0:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 0.0.0.0%lo:1019 0.0.0.0:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 [::]%lo:1019 [::]:* ${OURS}`, 'foreign'],
  [`tcp LISTEN 0 128 *%lo:1019 *:* ${OURS}`, 'foreign'],
  // An IPv6 socket for the slot's IPv4 address.
  [`tcp LISTEN 0 128 [::ffff:127.77.8.174]:1019 *:* ${OURS}`, 'foreign'],
  // Elsewhere.
  [`udp UNCONN 0 0 127.77.8.174:1019 0.0.0.0:* ${OURS}`, 'free'],
  [`tcp LISTEN 0 128 127.78.8.174:1019 0.0.0.0:* ${OURS}`, 'free'],
  [`tcp LISTEN 0 128 127.77.8.174:10190 0.0.0.0:* ${OURS}`, 'free'],
  [`tcp LISTEN 0 128 127.77.8.17:1019 0.0.0.0:* ${OURS}`, 'free'],
  [`tcp LISTEN 0 128 [::1]:1019 [::]:* ${OURS}`, 'free'],
  [`tcp LISTEN 0 128 [fe80::1]%eth0:1019 [::]:* ${OURS}`, 'free'],
] as const;

type Line = readonly [string, string];

/** What the awk program reads at a slot. */
function readings(
  awk: readonly string[],
  cases: readonly (readonly Line[])[],
  at = `tcp ${SLOT} 1019`,
): string[] {
  const [, where = '', port = ''] = at.split(' ');
  const [program = '', ...options] = awk;
  return cases.map((lines) => {
    const input = `${lines.map(([line]) => `${line}\n`).join('')}\n0 0 ssh ${at} ${where} ${port}\n`;
    const { stdout } = spawnSync(program, [...options, '-v', `rathole=${RATHOLE}`, LISTENERS], {
      input,
      encoding: 'utf8',
    });
    return stdout.trimEnd();
  });
}

const WORST = ['foreign', 'unseen', 'ours'];
const worst = (lines: readonly Line[]) => WORST.find((one) => lines.some(([, is]) => is === one)) ?? 'free';

const singles: readonly (readonly Line[])[] = LINES.map((line) => [line]);
const pairs: readonly (readonly Line[])[] = LINES.filter((_, at) => at % 3 === 0).flatMap((one) =>
  LINES.map((other) => [one, other]),
);

describe.each([[['mawk']], [['busybox', 'awk']]])('%j', (awk) => {
  test('reads every form of line', () => {
    const expected = singles.map((lines) => `0 0 ssh ${worst(lines)} ${worst(lines)}`);
    expect(readings(awk, singles)).toEqual(expected);
  });
});

test('of two listeners the worst counts', () => {
  expect(readings(['mawk'], pairs)).toEqual(pairs.map((lines) => `0 0 ssh ${worst(lines)} ${worst(lines)}`));
});

test('the planner reads the same from the same lines', () => {
  const slot = { protocol: 'tcp', address: SLOT, port: 1019 } as const;
  const read = [...singles, ...pairs].map((lines) =>
    readSlot(listeners.parse(lines.map(([line]) => line)), slot, RATHOLE),
  );
  expect(read).toEqual([...singles, ...pairs].map(worst));
});

test.each([
  ['0.0.0.0', `tcp LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* ${OURS}`, 'ours'],
  ['::', `tcp LISTEN 0 128 *:2222 *:* ${OURS}`, 'ours'],
  ['::', `tcp LISTEN 0 128 [::]:2222 [::]:* ${OURS}`, 'ours'],
  ['192.0.2.1', `tcp LISTEN 0 128 192.0.2.1:2222 0.0.0.0:* ${OURS}`, 'ours'],
  ['192.0.2.1', `tcp LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* ${OURS}`, 'foreign'],
  ['2001:db8::1', `tcp LISTEN 0 128 [2001:db8::1]:2222 [::]:* ${OURS}`, 'ours'],
])('in place, the public address %s is read from %s', (address, line, is) => {
  expect(readings(['mawk'], [[[line, is]]], `tcp ${address} 2222`)).toEqual([`0 0 ssh ${is} ${is}`]);
  const slot = { protocol: 'tcp', address, port: 2222 } as const;
  expect(readSlot(listeners.parse([line]), slot, RATHOLE)).toBe(is);
});
