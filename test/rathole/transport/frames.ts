import { randomBytes } from 'node:crypto';

const BINARY = 0x82;
const MASKED = 0x80;
const CONTINUATION_OPCODE = 0x0;
const BINARY_OPCODE = 0x2;

/*
 * RFC 6455 frames are made and read here rather than by a library, because rathole reads a pooled connection only once
 * a visitor needs it: until then an end or a close frame must go unnoticed, and writing must still work.
 */

/** One whole binary message; a client masks, a server does not. */
export function binaryFrame(payload: Buffer, mask: boolean): Buffer {
  const header = frameHeader(BINARY, payload.length, mask);
  if (!mask) return Buffer.concat([header, payload]);
  const key = randomBytes(4);
  const frame = Buffer.concat([header, key, payload]);
  xor(frame.subarray(header.length + 4), key, 0);
  return frame;
}

/** A close frame without a reason. */
export function closeFrame(mask: boolean): Buffer {
  return Buffer.concat([frameHeader(0x88, 0, mask), mask ? randomBytes(4) : Buffer.alloc(0)]);
}

function frameHeader(first: number, length: number, mask: boolean): Buffer {
  const bit = mask ? MASKED : 0;
  if (length < 126) return Buffer.of(first, bit | length);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = bit | (length < 65_536 ? 126 : 127);
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** Takes the payload out of a stream of frames, as it comes. */
export class FrameDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #left = 0;
  #key: Buffer | undefined;
  #offset = 0;

  /** Payload in `chunk`; `ended` once a frame came that is no data: rathole takes nothing but binary messages. */
  push(chunk: Buffer): { readonly payload: readonly Buffer[]; readonly ended: boolean } {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const payload: Buffer[] = [];
    for (;;) {
      if (this.#left > 0 && this.#pending.length > 0) payload.push(this.#takePayload());
      if (this.#left > 0) return { payload, ended: false };
      const header = this.#takeHeader();
      if (header === 'incomplete') return { payload, ended: false };
      if (header === 'not data') return { payload, ended: true };
    }
  }

  #takePayload(): Buffer {
    const part = this.#pending.subarray(0, this.#left);
    this.#pending = this.#pending.subarray(part.length);
    this.#left -= part.length;
    if (this.#key !== undefined) xor(part, this.#key, this.#offset);
    this.#offset += part.length;
    return part;
  }

  #takeHeader(): 'data' | 'not data' | 'incomplete' {
    const [first, second] = this.#pending;
    if (first === undefined || second === undefined) return 'incomplete';
    const opcode = first & 0x0f;
    if (opcode !== BINARY_OPCODE && opcode !== CONTINUATION_OPCODE) return 'not data';
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const keyAt = 2 + lengthBytes;
    const end = keyAt + (second & MASKED ? 4 : 0);
    if (this.#pending.length < end) return 'incomplete';
    this.#left = payloadLength(this.#pending, short);
    this.#key = end > keyAt ? this.#pending.subarray(keyAt, end) : undefined;
    this.#offset = 0;
    this.#pending = this.#pending.subarray(end);
    return 'data';
  }
}

function payloadLength(header: Buffer, short: number): number {
  if (short === 126) return header.readUInt16BE(2);
  return short === 127 ? Number(header.readBigUInt64BE(2)) : short;
}

/** Masks or unmasks in place; `offset` is how many bytes of the frame came before. */
function xor(bytes: Buffer, key: Buffer, offset: number): void {
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = (bytes[index] ?? 0) ^ (key[(index + offset) & 3] ?? 0);
  }
}
