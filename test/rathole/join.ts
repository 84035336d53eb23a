import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Channel } from './transport/channel.ts';
import { ignore } from './transport/tcp.ts';

/** Copies both ways between a data channel and a visitor or local target, until both ends are done or one breaks. */
export function join({ stream, halfClose }: Channel, socket: Socket): void {
  const drop = () => {
    finish(stream);
    finish(socket);
  };
  for (const side of [stream, socket]) {
    side.on('error', ignore);
    side.once('close', drop);
  }
  if (!halfClose) stream.once('end', drop);
  stream.pipe(socket);
  socket.pipe(stream);
  if (stream.destroyed || socket.destroyed) drop();
}

/** Lets what was written go out, then closes. */
function finish(side: Duplex): void {
  if (side.destroyed) return;
  if (side.writableFinished) side.destroy();
  else side.end(() => side.destroy());
}
