import type { Duplex } from 'node:stream';
import { type Datagram, DatagramDecoder, encodeDatagram } from '../datagrams.ts';
import { Failure } from '../failure.ts';
import { UdpForwarder } from './udp-forwarder.ts';

/**
 * Gives each visitor a local UDP port towards `localAddr`, until the server ends the data channel, which `onEnd` is told.
 * Answers are still written to it until all ports are closed; only then this side ends too.
 */
export function forwardUdp(stream: Duplex, localAddr: string, onEnd: (error: unknown) => void): void {
  const forwarders = new Map<string, UdpForwarder>();
  const forwarderFor = (from: Datagram['from']): UdpForwarder => {
    const key = `${from.address} ${from.port}`;
    const known = forwarders.get(key);
    if (known !== undefined) return known;
    const forwarder = new UdpForwarder(localAddr, (payload) => {
      if (!stream.destroyed) stream.write(encodeDatagram({ from, payload }));
    });
    void forwarder.closed.then((why) => why === 'idle' && forwarders.delete(key));
    forwarders.set(key, forwarder);
    return forwarder;
  };
  receive(stream, ({ from, payload }) => forwarderFor(from).send(payload)).catch(async (error: unknown) => {
    onEnd(error);
    await Promise.all([...forwarders.values()].map(({ closed }) => closed));
    stream.destroy();
  });
}

function receive(stream: Duplex, onDatagram: (datagram: Datagram) => void): Promise<never> {
  const decoder = new DatagramDecoder();
  return new Promise<never>((_, reject) => {
    const fail = (error: unknown) => {
      stream.off('data', onData).pause();
      reject(error);
    };
    const onEnd = () => fail(new Failure('early eof'));
    const onData = (chunk: Buffer) => {
      try {
        for (const datagram of decoder.push(chunk)) onDatagram(datagram);
      } catch (error) {
        fail(error);
      }
    };
    stream.once('error', fail).once('end', onEnd).once('close', onEnd);
    stream.on('data', onData);
    if (stream.readableEnded || stream.destroyed) onEnd();
  });
}
