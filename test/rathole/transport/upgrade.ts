import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { parseAddress } from '../address.ts';
import { readHead, writeAll } from '../bytes.ts';
import { Failure } from '../failure.ts';

/** RFC 6455, section 1.3: what a server appends to the client's key before hashing. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const HTTP = [...'HTTP/1', '\\.'];

/** The first line of a request or of its answer, as far as it has come. */
const REQUEST = beginning('[!-~]+', ' ', '[!-~\\x80-\\xff]+', ' ', ...HTTP, '[01]', '\\r?', '\\n');
const ANSWER = beginning(...HTTP, '1', ' ', '\\d', '\\d', '\\d', '[ \\r\\n]');

/** The server's half of the upgrade, on any path; rejects on anything but a websocket request. */
export async function acceptUpgrade(stream: Duplex): Promise<void> {
  const { first, headers } = parseHead(await readHead(stream, REQUEST));
  const key = headers.get('sec-websocket-key');
  if (!/^GET \S+ HTTP\/1\.1$/.test(first)) throw new Failure('not a websocket request');
  requireUpgrade(headers);
  if (headers.get('sec-websocket-version') !== '13') throw new Failure('unknown websocket version');
  if (key === undefined) throw new Failure('No "Sec-WebSocket-Key" header');
  const answer = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
  ];
  await writeAll(stream, Buffer.from(`${answer.join('\r\n')}\r\n\r\n`));
}

/** The client's half, for path `/`; rejects unless the answer is a proper 101. */
export async function requestUpgrade(stream: Duplex, remote: string): Promise<void> {
  const { host, port } = parseAddress(remote);
  const key = randomBytes(16).toString('base64');
  const name = host.includes(':') ? `[${host}]` : host;
  const request = [
    'GET / HTTP/1.1',
    `Host: ${port === 80 ? name : `${name}:${port}`}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  await writeAll(stream, Buffer.from(`${request.join('\r\n')}\r\n\r\n`));
  const { first, headers } = parseHead(await readHead(stream, ANSWER));
  const [, status = ''] = first.split(' ');
  if (status !== '101') throw new Failure(`HTTP error: ${status}`);
  requireUpgrade(headers);
  if (headers.get('sec-websocket-accept') !== acceptFor(key)) {
    throw new Failure('Key mismatch in "Sec-WebSocket-Accept" header');
  }
}

const acceptFor = (key: string): string => createHash('sha1').update(`${key}${KEY_SUFFIX}`).digest('base64');

/** Matches what has all the parts in order, or ends before it had them all. */
function beginning(...parts: readonly string[]): RegExp {
  return new RegExp(`^${parts.reduceRight((rest, part) => `${part}(?:$|${rest})`, '')}`);
}

function requireUpgrade(headers: ReadonlyMap<string, string>): void {
  const connection = headers.get('connection')?.toLowerCase().split(/[ ,]+/) ?? [];
  if (!connection.includes('upgrade')) throw new Failure('No "Connection: upgrade" header');
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket')
    throw new Failure('No "Upgrade: websocket" header');
}

function parseHead(head: string): { first: string; headers: ReadonlyMap<string, string> } {
  const [first = '', ...lines] = head.trimEnd().split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { first, headers: new Map(headers) };
}
