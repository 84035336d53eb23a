import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../prober/figures.ts';

/** What one run of polls shall be; as JSON in the only argument. */
export interface Load {
  readonly host: string;
  /** PEM file of the server's authority. */
  readonly authority: string;
  /** One API key per line. */
  readonly keys: string;
  readonly polls: number;
  /** Polls per second; absent: as fast as `abreast` connections go. */
  readonly rate?: number;
  readonly abreast: number;
}

/** What came of it; milliseconds. */
export interface Loaded {
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
}

/** Polls as the sync step does: a new connection and a whole TLS handshake each, and the ETag that is known. */
async function run({ host, authority, keys: file, polls, rate, abreast }: Load): Promise<Loaded> {
  const ca = readFileSync(authority);
  const keys = readFileSync(file, 'utf8').trim().split('\n');
  const ask = (key: string, etag?: string) => poll(host, ca, key, etag);
  const { etag } = await ask(keys[0] ?? '');
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  const begun = performance.now();
  const worker = async () => {
    for (let at = next++; at < polls; at = next++) {
      // Open loop: what is late does not make the next one later.
      const due = rate === undefined ? begun : begun + (at * 1000) / rate;
      if (due > performance.now()) await sleep(due - performance.now());
      const start = performance.now();
      const { status } = await ask(keys[at % keys.length] ?? '', etag);
      times.push(performance.now() - start);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: abreast }, worker));
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, statuses, p50: percentile(times, 0.5) ?? 0, p99: percentile(times, 0.99) ?? 0 };
}

function poll(
  host: string,
  ca: Buffer,
  key: string,
  etag?: string,
): Promise<{ status: number; etag: string }> {
  const headers = { 'X-Api-Key': key, ...(etag === undefined ? {} : { 'If-None-Match': etag }) };
  return new Promise((resolve, reject) => {
    const options = { host, ca, headers, path: '/api/v1/sync.conf', agent: false, timeout: 10_000 } as const;
    const asked = request(options, (answer) => {
      answer.resume().once('end', () => {
        resolve({ status: answer.statusCode ?? 0, etag: answer.headers.etag ?? '' });
      });
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in 10 s')));
    asked.once('error', reject);
    asked.end();
  });
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? ''))));
