import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { hello, Peer } from './harness/peer.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { udpTarget } from './harness/targets.ts';
import { until } from './harness/until.ts';

const DNS: Services = { dns: { port: 5000, token: 't', type: 'udp' } };

async function tunnel(site: Site): Promise<void> {
  const server = await site.server(site.serverConfig(DNS));
  await site.client(site.clientConfig(DNS));
  await server.logged('Listening at', 2);
}

/** One flow of datagrams: all from one port. */
class Visitor {
  readonly heard: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (payload) => this.heard.push(payload.toString()));
  }

  static async come(site: Site): Promise<Visitor> {
    const socket = createSocket('udp4');
    socket.connect(5000, site.host);
    await once(socket, 'connect');
    site.onClose(() => void socket.close());
    return new Visitor(socket);
  }

  /** Sends each text, with a pause long enough for a refusal. */
  async says(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      this.#socket.send(text);
      await sleep(300);
    }
  }

  async hears(text: string): Promise<void> {
    await until(
      () => this.heard.includes(text),
      3000,
      () => `"${text}", heard ${this.heard}`,
    );
  }
}

/** A server of a few bytes; gives the data channel of the client that logs in. */
async function dataChannel(site: Site): Promise<Peer> {
  const server = createServer({ allowHalfOpen: true }).listen(2333, site.host);
  await once(server, 'listening');
  const next = async (): Promise<Peer> => {
    const [socket] = await once(server, 'connection');
    site.onClose(() => void socket.destroy());
    return new Peer(socket);
  };
  site.onClose(() => void server.close());
  const connecting = next();
  await site.client(site.clientConfig(DNS));
  const control = await connecting;
  control.socket.write(hello(0, Buffer.alloc(32)));
  await control.hears(37 + 32);
  const opening = next();
  control.socket.write(Buffer.concat([OK, CREATE]));
  const data = await opening;
  await data.hears(37);
  return data;
}

const OK = Buffer.alloc(4);
const CREATE = Buffer.alloc(4);
const FORWARD_UDP = Buffer.of(1, 0, 0, 0);

/** As it goes over a data channel, for the visitor 127.0.0.1:9. */
const datagram = (text: string): Buffer =>
  Buffer.concat([Buffer.of(12, 0, 0, 0, 0, 127, 0, 0, 1, 9, 0, text.length, 0), Buffer.from(text)]);

describe.concurrent('a data channel that the server ends', () => {
  test('takes the answers to earlier datagrams on: the client keeps its side and the local port', async ({
    site,
  }) => {
    const target = createSocket('udp4').bind(6000, site.host);
    site.onClose(() => void target.close());
    const data = await dataChannel(site);
    data.socket.write(Buffer.concat([FORWARD_UDP, datagram('question')]));
    const [question, from] = await once(target, 'message');
    expect(question.toString()).toBe('question');
    data.socket.end();
    await sleep(500);
    target.send('answer', from.port, from.address);
    expect((await data.hears(37 + 13 + 6)).subarray(37)).toEqual(datagram('answer'));
    expect(data.ended).toBe(false);
  });

  test('ends on both sides if no datagram came', async ({ site }) => {
    const data = await dataChannel(site);
    data.socket.end(FORWARD_UDP);
    await once(data.socket, 'close');
  });
});

describe.concurrent('a target that refuses datagrams', () => {
  test('is lost for good to a visitor who sent two meanwhile, while a new visitor is served', async ({
    site,
  }) => {
    await tunnel(site);
    const target = await udpTarget(site.at(6000));
    const visitor = await Visitor.come(site);
    await visitor.says('answered');
    await visitor.hears('answered');
    target.close();
    await visitor.says('refused', 'told so');
    await site.udpTarget();
    await visitor.says('lost', 'lost too');
    const other = await Visitor.come(site);
    await other.says('answered too');
    await other.hears('answered too');
    expect(visitor.heard).toEqual(['answered']);
  });
});
