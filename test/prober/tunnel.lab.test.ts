import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Probing, serveTargets } from './lab.ts';
import type { ProbeReport } from './report.ts';
import { type Service, TwoEnds } from './two-ends.ts';

const EVERY = 20;
const HOLDS = 5;
const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
const ends = () => new TwoEnds(lab().host('edge'), lab().host('desktop'));

const web: Service = { name: 'web', token: 'w1', bind: '0.0.0.0:8080', local: '127.0.0.1:8000' };
const echo: Service = { name: 'echo', token: 'e1', bind: '0.0.0.0:7007', local: '127.0.0.1:7000' };
const dns: Service = { name: 'dns', type: 'udp', token: 'd1', bind: '0.0.0.0:5353', local: '127.0.0.1:5300' };
/** Behind nginx, one address per generation. */
const generation = (n: 7 | 8): Service => ({
  ...{ name: `slots.g${n}`, token: `s${n}`, local: '127.0.0.1:7000' },
  bind: `127.7${n}.0.1:1019`,
});
const others = [web, dns, generation(7)];
const all = [...others, echo];

/** nginx passes over the slot that refuses, within the visitor's connect. */
const STREAM = `stream {
  upstream slots { server 127.77.0.1:1019 max_fails=0; server 127.78.0.1:1019 max_fails=0; }
  server { listen 9000; proxy_pass slots; proxy_connect_timeout 1s; proxy_timeout 365d; }
}
`;

beforeAll(async () => {
  const { server, client } = ends();
  await serveTargets(client, { id: 'desktop', http: 8000, tcp: 7000, udp: 5300 });
  await server.write('/etc/nginx/modules-enabled/90-slots.conf', STREAM);
  await server.must('nginx -t && systemctl restart nginx');
  await ends().start(all);
});

/** Probes every service while `change` goes on, from a second before it to a second after it. */
async function probeDuring(change: () => Promise<void>): Promise<ProbeReport> {
  const at = { host: 'edge.test', every: EVERY };
  const probing = await Probing.start(lab().control, {
    seconds: 60,
    connects: [
      { name: 'web', kind: 'http', port: 8080, expect: 'desktop GET /', ...at },
      { name: 'echo', kind: 'echo', port: 7007, ...at },
      { name: 'slots', kind: 'echo', port: 9000, ...at },
    ],
    holds: [
      { name: 'echo', port: 7007, connections: HOLDS, ...at },
      { name: 'slots', port: 9000, connections: HOLDS, ...at },
    ],
    flows: [{ name: 'dns', port: 5353, flows: 2, ...at }],
  });
  await sleep(1000);
  await change();
  await sleep(1000);
  return probing.stop();
}

const intact = { opened: HOLDS, survived: HOLDS, ended: [] };

test('nothing happens: nothing is found', async () => {
  const { connects, holds, flows } = await probeDuring(() => sleep(1000));
  for (const name of ['web', 'echo', 'slots']) {
    expect(connects[name]).toMatchObject({ failed: 0 });
    expect(connects[name]?.total).toBeGreaterThan(100);
    expect(connects[name]?.longestGapMs).toBeLessThan(300);
  }
  expect(holds).toMatchObject({ echo: intact, slots: intact });
  expect(holds['echo']?.bytes).toBeGreaterThan(10_000);
  expect(flows['dns']).toMatchObject({ lost: 0, sourceChanges: 0 });
});

test('a server restart fails visitors of all services for hundreds of ms and cuts every connection', async () => {
  const { connects, holds, flows } = await probeDuring(async () => {
    await ends().server.must('systemctl restart server');
    await Promise.all(all.map(({ bind }) => ends().serverListens(bind)));
  });
  for (const name of ['web', 'echo', 'slots']) {
    expect(connects[name]?.failed).toBeGreaterThan(3);
    expect(connects[name]?.longestGapMs).toBeGreaterThan(200);
    expect(connects[name]?.longestGapMs).toBeLessThan(5000);
  }
  expect(holds).toMatchObject({ echo: { survived: 0 }, slots: { survived: 0 } });
  expect(holds['echo']?.ended).toHaveLength(HOLDS);
  expect(flows['dns']?.lost).toBeGreaterThan(3);
});

test('an in-place token change, server first: a short gap, and live connections and other services go on', async () => {
  const changed = [...others, { ...echo, token: 'e2' }];
  const { connects, holds, flows } = await probeDuring(async () => {
    await ends().setServer(changed);
    await ends().setClient(changed);
  });
  expect(connects['echo']?.longestGapMs).toBeLessThan(1000);
  expect(connects).toMatchObject({ web: { failed: 0 }, slots: { failed: 0 } });
  expect(holds).toMatchObject({ echo: intact, slots: intact });
  expect(flows['dns']).toMatchObject({ lost: 0, sourceChanges: 0 });
});

test('an in-place token change with a client that comes 2 s later: the gap is those 2 s', async () => {
  const changed = [...others, { ...echo, token: 'e3' }];
  const { connects, holds } = await probeDuring(async () => {
    await ends().setServer(changed);
    await sleep(2000);
    await ends().setClient(changed);
  });
  expect(connects['echo']?.failedBy['refused']).toBeGreaterThan(50);
  expect(connects['echo']?.longestGapMs).toBeGreaterThan(1900);
  expect(connects['echo']?.longestGapMs).toBeLessThan(4000);
  expect(connects).toMatchObject({ web: { failed: 0 }, slots: { failed: 0 } });
  expect(holds).toMatchObject({ echo: intact, slots: intact });
});

/** As docs/rotation.md has it: nobody new gets to the listener, those who are there are taken, and then it is ended. */
async function endListener({ bind }: Service): Promise<void> {
  await ends().server.must(`nft -f - <<END
table ip by_hand {
  chain output {
    type filter hook output priority 0
    ip daddr ${bind.split(':')[0]} tcp dport 1019 tcp flags & (syn | ack) == syn reject with tcp reset
  }
}
END
    for look in $(seq 40); do
      ss -H -l -t -n src ${bind} | awk '$2 > 0 { left = 1 } END { exit !left }' || break
      sleep 0.05
    done
    ss -K -H -l -t -n src ${bind}
    nft delete table ip by_hand`);
}

test('a rotation over two slots behind nginx: no visitor notices', async () => {
  const running = [web, dns, { ...echo, token: 'e3' }];
  const [old, next] = [generation(7), generation(8)];
  const { connects, holds } = await probeDuring(async () => {
    await ends().setServer([...running, old, next]);
    await ends().setClient([...running, old, next]);
    await ends().serverListens(next.bind); // the proof that the client holds the new token
    await sleep(500);
    await endListener(old);
    await sleep(500); // those who wait for a data channel get theirs
    await ends().setServer([...running, next]);
    await sleep(500);
    await ends().setClient([...running, next]);
  });
  const { stdout } = await ends().server.exec("ss -Htln 'sport = :1019'");
  expect(stdout).toContain('127.78.0.1:1019');
  expect(stdout).not.toContain('127.77.0.1:1019');
  for (const name of ['web', 'echo', 'slots']) expect(connects[name]).toMatchObject({ failed: 0 });
  expect(connects['slots']?.longestGapMs).toBeLessThan(300);
  expect(holds).toMatchObject({ echo: intact, slots: intact });
});

describe('far from the client, more visitors come than the pool has data channels', () => {
  const running = [web, dns, { ...echo, token: 'e3' }];
  const DELAY = 100;
  /** Longer than a data channel takes: about two and a half round trips. */
  const PATIENCE = 2 * 2.5 * DELAY + 1000;

  beforeAll(async () => {
    await ends().client.cable.delay(DELAY);
  });
  afterAll(() => ends().client.cable.mend());

  /** Removes the older generation after `prepare`, once visitors wait at both slots. */
  async function rotateBetween(old: Service, next: Service, prepare: () => Promise<void>) {
    const probing = await Probing.start(lab().control, {
      seconds: 60,
      connects: [{ name: 'slots', kind: 'echo', host: 'edge.test', port: 9000, every: 10 }],
      holds: [{ name: 'slots', host: 'edge.test', port: 9000, every: EVERY, connections: HOLDS }],
    });
    await ends().setServer([...running, old, next]);
    await ends().setClient([...running, old, next]);
    await ends().serverListens(next.bind);
    await sleep(1500);
    await prepare();
    await ends().setServer([...running, next]);
    await sleep(500);
    await ends().setClient([...running, next]);
    await sleep(PATIENCE);
    return probing.stop();
  }

  test('a generation that is removed takes those with it who wait for one', async () => {
    const { connects, holds } = await rotateBetween(generation(8), generation(7), async () => undefined);
    expect(connects['slots']?.failedBy['eof']).toBeGreaterThan(0);
    expect(holds).toMatchObject({ slots: intact });
  });

  test('nobody is lost when its listener is ended first, and they are waited for', async () => {
    const old = generation(7);
    const { connects, holds } = await rotateBetween(old, generation(8), async () => {
      await endListener(old);
      await sleep(PATIENCE);
    });
    expect(connects['slots']?.total).toBeGreaterThan(300);
    expect(connects['slots']).toMatchObject({ failed: 0 });
    expect(holds).toMatchObject({ slots: intact });
  });
});

test('a port that another program has is no target', async () => {
  const { server } = ends();
  await expect(serveTargets(server, { id: 'edge', tcp: 9000 })).rejects.toThrow(
    'targets: listen EADDRINUSE: address already in use 127.0.0.1:9000',
  );
});
