import { randomBytes } from 'node:crypto';
import { readExactly, writeAll } from '../bytes.ts';
import type { ServerService } from '../config.ts';
import { during, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { type Channel, hintNodelay } from '../transport/channel.ts';
import { AUTH_BYTES, ack, decodeHello, digest, encodeHello, HELLO_BYTES } from '../wire.ts';
import type { Registry } from './registry.ts';
import { ServiceHandle } from './service-handle.ts';

/** Reads a connection's hello and does what it asks for; rejects when it is refused or breaks. */
export async function greet(
  channel: Channel,
  registry: Registry,
  heartbeatSecs: number,
  log: Log,
): Promise<void> {
  const hello = decodeHello(
    await during('Failed to read hello', () => readExactly(channel.stream, HELLO_BYTES)),
  );
  if (hello.kind === 'control') await openControlChannel(channel, hello.digest, registry, heartbeatSecs, log);
  else addDataChannel(channel, hello.digest, registry, log);
}

async function openControlChannel(
  channel: Channel,
  nameDigest: Buffer,
  registry: Registry,
  heartbeatSecs: number,
  log: Log,
): Promise<void> {
  log.info('Try to handshake a control channel');
  hintNodelay(channel, true);
  const nonce = randomBytes(AUTH_BYTES);
  await writeAll(channel.stream, encodeHello({ kind: 'control', digest: nonce }));
  const service = registry.service(nameDigest);
  if (service === undefined) {
    await writeAll(channel.stream, ack.encode('no such service'));
    throw new Failure(`No such a service ${nameDigest.toString('hex')}`);
  }
  const session = await authenticate(channel, service, nonce);
  if (registry.dropHandle(nameDigest))
    log.warn(`Dropping previous control channel for service ${service.name}`);
  await writeAll(channel.stream, ack.encode('ok'));
  log.info(`Control channel established service=${service.name}`);
  registry.addHandle(nameDigest, session, new ServiceHandle(channel, service, heartbeatSecs, log));
}

/** The session key, which the client proves to know; rejects when its token is another. */
async function authenticate({ stream }: Channel, service: ServerService, nonce: Buffer): Promise<Buffer> {
  const session = digest(service.token, nonce);
  const answer = await during('Failed to read auth', () => readExactly(stream, AUTH_BYTES));
  if (answer.equals(session)) return session;
  await writeAll(stream, ack.encode('wrong token'));
  throw new Failure(`Service ${service.name} failed the authentication`);
}

function addDataChannel(channel: Channel, session: Buffer, registry: Registry, log: Log): void {
  const handle = registry.session(session);
  if (handle === undefined) {
    log.warn('Data channel has incorrect nonce');
    channel.stream.destroy();
    return;
  }
  hintNodelay(channel, handle.nodelay);
  if (handle.offer(channel)) return;
  throw new Failure('Data channel for a stale control channel: channel closed');
}
