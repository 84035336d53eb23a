import { expect, test } from 'vitest';
import { connections, listeners } from '../../src/facts/sockets.ts';

const NGINX = [{ name: 'nginx', pid: 44 }];

test.each([
  ['tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=44,fd=6))', '0.0.0.0', 80, NGINX],
  [
    'tcp   LISTEN 0      511       [::]:80      [::]:*    users:(("nginx",pid=44,fd=6),("nginx",pid=44,fd=7))',
    '::',
    80,
    NGINX,
  ],
  ['tcp LISTEN 0 128 *:2333 *:*', '*', 2333, []],
  ['tcp LISTEN 0 128 [::ffff:127.0.0.1]:2333 *:* ', '::ffff:127.0.0.1', 2333, []],
  [
    'udp UNCONN 0 0 127.77.8.174:1019 0.0.0.0:* users:(("a b",pid=1,fd=2),("c",pid=3,fd=4))',
    '127.77.8.174',
    1019,
    [
      { name: 'a b', pid: 1 },
      { name: 'c', pid: 3 },
    ],
  ],
  // A process names itself: what looks like two owners here is one that would like to be pid 7.
  ['tcp LISTEN 0 1 1.2.3.4:5 0.0.0.0:* users:(("a",pid=7,fd=1)",pid=99,fd=3))', '1.2.3.4', 5, []],
])('%s', (line, address, port, processes) => {
  expect(listeners.parse([line])).toEqual([{ protocol: line.slice(0, 3), address, port, processes }]);
});

test.each([
  ['udp UNCONN 0 0 192.0.2.1%eth0:68 0.0.0.0:*', '192.0.2.1', 'eth0'],
  ['tcp LISTEN 0 0 [::]%lo:22 [::]:*', '::', 'lo'],
  ['tcp LISTEN 0 0 [fe80::1]%eth0:22 [::]:*', 'fe80::1', 'eth0'],
  ['tcp LISTEN 0 0 *%lo:22 *:*', '*', 'lo'],
])('%s is bound to a device', (line, address, device) => {
  expect(listeners.parse([line])).toEqual([expect.objectContaining({ address, device })]);
});

test.each([
  '',
  'tcp LISTEN',
  'u_str LISTEN 0 1 a:1 b:2',
  'Cannot open netlink socket',
  'tcp LISTEN 0 1 1.2.3.4:http 0.0.0.0:*',
])('the line %j is not understood', (line) => {
  expect(() => listeners.parse([line])).toThrow('ss says');
});

test('connections are added up by address and port, whatever family they came by', () => {
  expect(
    connections.parse([
      '2 192.0.2.1:80',
      '1 [::ffff:192.0.2.1]:80',
      '3 [2001:db8::1]:80',
      '1 [fe80::1]%eth0:80',
      '4 192.0.2.9%eth0:22',
    ]),
  ).toEqual({ '192.0.2.1:80': 3, '[2001:db8::1]:80': 3, '[fe80::1]:80': 1, '192.0.2.9:22': 4 });
  expect(() => connections.parse(['one 192.0.2.1:80'])).toThrow();
});
