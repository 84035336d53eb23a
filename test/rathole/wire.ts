import { createHash } from 'node:crypto';
import { Failure } from './failure.ts';

/** rathole's wire protocol, version 1: little-endian integers; an enum is a u32 variant followed by its fields. */
const VERSION = 1;
const DIGEST_BYTES = 32;
export const HELLO_BYTES = 4 + 1 + DIGEST_BYTES;
export const AUTH_BYTES = DIGEST_BYTES;
export const WORD_BYTES = 4;

export type Hello = { readonly kind: 'control' | 'data'; readonly digest: Buffer };

/** SHA-256 over the parts in order: of a service's name, or of a token and the server's nonce. */
export function digest(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function encodeHello({ kind, digest }: Hello): Buffer {
  return Buffer.concat([word(kind === 'control' ? 0 : 1), Buffer.of(VERSION), digest]);
}

/** Throws a Failure on an unknown kind or another protocol version. */
export function decodeHello(bytes: Buffer): Hello {
  const variant = bytes.readUInt32LE(0);
  if (variant > 1) throw new Failure('Failed to deserialize hello');
  const version = bytes.readUInt8(4);
  if (version !== VERSION) {
    throw new Failure(
      `Protocol version mismatched. Expected ${VERSION}, got ${version}. Please update \`rathole\`.`,
    );
  }
  return { kind: variant === 0 ? 'control' : 'data', digest: bytes.subarray(5, HELLO_BYTES) };
}

/** An enum without fields, by the order of its variants. */
function words<T extends string>(what: string, variants: readonly T[]) {
  return {
    encode: (variant: T): Buffer => word(variants.indexOf(variant)),
    /** Throws a Failure on an unknown variant. */
    decode: (bytes: Buffer): T => {
      const variant = variants[bytes.readUInt32LE(0)];
      if (variant === undefined) throw new Failure(`Failed to deserialize ${what}`);
      return variant;
    },
  };
}

export const ack = words('ack', ['ok', 'no such service', 'wrong token']);
export type ControlCommand = 'create data channel' | 'heartbeat';
export const controlCommand = words<ControlCommand>('control cmd', ['create data channel', 'heartbeat']);
export const dataCommand = words('data cmd', ['tcp', 'udp']);

function word(value: number): Buffer {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeUInt32LE(value);
  return bytes;
}
