import { isIPv4 } from 'node:net';
import { Failure } from './failure.ts';
import { ipv6Bytes, ipv6Text } from './ipv6.ts';

/** One UDP datagram on a data channel, with the visitor's address. */
export interface Datagram {
  readonly from: { readonly address: string; readonly port: number };
  readonly payload: Buffer;
}

/** Longer datagrams are cut, as in rathole. */
const DATAGRAM_MAX = 2048;

/** u8 length of the header; header: u32 family (0 v4, 1 v6), address, u16 port, u16 payload length; payload. */
export function encodeDatagram({ from, payload }: Datagram): Buffer {
  const v4 = isIPv4(from.address);
  const address = v4 ? Buffer.from(from.address.split('.').map(Number)) : ipv6Bytes(from.address);
  const header = Buffer.alloc(4 + address.length + 4);
  header.writeUInt32LE(v4 ? 0 : 1);
  address.copy(header, 4);
  header.writeUInt16LE(from.port, 4 + address.length);
  const body = payload.subarray(0, DATAGRAM_MAX);
  header.writeUInt16LE(body.length, 6 + address.length);
  return Buffer.concat([Buffer.of(header.length), header, body]);
}

/** Cuts the byte stream of a data channel into datagrams again. */
export class DatagramDecoder {
  #rest = Buffer.alloc(0);

  /** The datagrams that `chunk` completes; throws a Failure on a header that makes no sense. */
  push(chunk: Buffer): readonly Datagram[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const whole: Datagram[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) whole.push(next);
    return whole;
  }

  #next(): Datagram | undefined {
    const headerLength = this.#rest[0];
    if (headerLength === undefined || this.#rest.length < 1 + headerLength) return undefined;
    const { from, length } = decodeHeader(this.#rest.subarray(1, 1 + headerLength));
    const end = 1 + headerLength + length;
    if (this.#rest.length < end) return undefined;
    const payload = this.#rest.subarray(1 + headerLength, end);
    this.#rest = this.#rest.subarray(end);
    return { from, payload };
  }
}

function decodeHeader(header: Buffer): { from: Datagram['from']; length: number } {
  const family = header.length < 12 ? undefined : header.readUInt32LE(0);
  const size = family === 0 ? 4 : 16;
  if ((family !== 0 && family !== 1) || header.length < 8 + size) {
    throw new Failure('Failed to deserialize UdpHeader');
  }
  const bytes = header.subarray(4, 4 + size);
  const address = family === 0 ? [...bytes].join('.') : ipv6Text(bytes);
  return { from: { address, port: header.readUInt16LE(4 + size) }, length: header.readUInt16LE(6 + size) };
}
