import type { Duplex } from 'node:stream';
import { type Datagram, DatagramDecoder, encodeDatagram } from '../datagrams.ts';
import { Failure } from '../failure.ts';
import { UdpForwarder } from './udp-forwarder.ts';

/** Gives each visitor a local UDP port towards `localAddr`, until the data channel ends; then rejects. */
export function forwardUdp(stream: Duplex, localAddr: string): Promise<never> {
  const forwarders = new Map<string, UdpForwarder>();
  const forwarderFor = (from: Datagram['from']): UdpForwarder => {
    const key = `${from.address} ${from.port}`;
    const known = forwarders.get(key);
    if (known !== undefined) return known;
    const onAnswer = (payload: Buffer) => {
      if (!stream.destroyed) stream.write(encodeDatagram({ from, payload }));
    };
    const forwarder = new UdpForwarder(localAddr, onAnswer, () => forwarders.delete(key));
    forwarders.set(key, forwarder);
    return forwarder;
  };
  return receive(stream, ({ from, payload }) => forwarderFor(from).send(payload));
}

function receive(stream: Duplex, onDatagram: (datagram: Datagram) => void): Promise<never> {
  const decoder = new DatagramDecoder();
  return new Promise<never>((_, reject) => {
    const fail = (error?: Error) => reject(error ?? new Failure('early eof'));
    stream.once('error', fail).once('end', fail).once('close', fail);
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const datagram of decoder.push(chunk)) onDatagram(datagram);
      } catch (error) {
        reject(error);
      }
    });
  });
}
