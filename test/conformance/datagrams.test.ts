import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
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
