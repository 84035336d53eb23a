import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority } from './support/certificates.ts';
import { type Client, makeClient } from './support/client.ts';
import { clientToml, sealed, syncConf } from './support/files.ts';
import { type Answer, gives, type Hostile, says, startHostile } from './support/hostile.ts';
import { VARIANTS } from './support/variants.ts';

const OLD = clientToml('old');
const NEW = clientToml('new');

/** One way in which a server, or something between, answers badly. */
interface Row {
  readonly fault: string;
  readonly file: 'sync.conf' | 'client.toml';
  readonly answer: Answer;
  readonly status: number;
  readonly log: RegExp;
}

const sends =
  (body: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(200, { ...headers }).end(body);
  };
/** Promises more than it sends, and hangs up. */
const breaksOff =
  (body: string): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Length': body.length + 100 }).write(body, () => response.destroy());
  };
const hangs: Answer = () => undefined;
const drips: Answer = (_request, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('#'), 300);
  response.on('close', () => clearInterval(timer));
};
const floods: Answer = (_request, response) => {
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write('#'.repeat(1_048_575).concat('\n')));
  };
  response.on('drain', more);
  more();
};
const dropsConnection: Answer = (request) => {
  request.socket.destroy();
};
const HTML = '<!DOCTYPE html>\n<html><body>Please accept our terms</body></html>\n';
const flipped = (text: string) => text.replace('127.0.0.1:22', '127.0.0.1:23');
const cut = (text: string) => text.slice(0, text.length / 2);

const EITHER: readonly Omit<Row, 'file'>[] = [
  { fault: '401', answer: says(401), status: 2, log: /not accepted: the server answers 401/ },
  { fault: '403', answer: says(403), status: 2, log: /not accepted: the server answers 403/ },
  { fault: '404', answer: says(404), status: 2, log: /not accepted: the server answers 404/ },
  { fault: '429', answer: says(429), status: 3, log: /not reached: the server answers 429/ },
  { fault: '500', answer: says(500), status: 3, log: /not reached: the server answers 500/ },
  { fault: '502', answer: says(502), status: 3, log: /not reached: the server answers 502/ },
  { fault: '503', answer: says(503), status: 3, log: /not reached: the server answers 503/ },
  {
    fault: 'the decoy',
    answer: sends('{"status":"ok"}'),
    status: 2,
    log: /not accepted: the server shows its public/,
  },
  {
    fault: 'a captive portal, HTML with 200',
    answer: sends(HTML),
    status: 5,
    log: /not ours: .* captive portal/,
  },
  {
    fault: 'a redirection',
    answer: says(302, { Location: 'https://127.0.0.1:1/' }),
    status: 5,
    log: /redirection/,
  },
  { fault: 'no answer', answer: hangs, status: 3, log: /not reached/ },
  { fault: 'one byte at a time', answer: drips, status: 5, log: /not whole: the answer broke off/ },
  { fault: 'a connection that is dropped', answer: dropsConnection, status: 3, log: /not reached/ },
  { fault: 'an empty answer', answer: sends(''), status: 5, log: /not whole: the answer is empty/ },
];

const ROWS: readonly Row[] = [
  ...EITHER.map((row): Row => ({ ...row, file: 'sync.conf' })),
  ...EITHER.map((row): Row => ({ ...row, file: 'client.toml' })),
  {
    fault: '304 to no condition',
    file: 'client.toml',
    answer: says(304),
    status: 5,
    log: /not ours: .*not modified/,
  },
  {
    fault: 'a body that breaks off',
    file: 'client.toml',
    answer: breaksOff(cut(NEW)),
    status: 5,
    log: /not whole/,
  },
  {
    fault: 'a body cut in half',
    file: 'client.toml',
    answer: sends(cut(NEW)),
    status: 5,
    log: /cut off or altered/,
  },
  {
    fault: 'a body without its last byte',
    file: 'client.toml',
    answer: sends(NEW.slice(0, -1)),
    status: 5,
    log: /cut off/,
  },
  {
    fault: 'a body with one more byte',
    file: 'client.toml',
    answer: sends(`${NEW}\n`),
    status: 5,
    log: /altered/,
  },
  {
    fault: 'a body with a NUL',
    file: 'client.toml',
    answer: sends(NEW.replace('22', '\0')),
    status: 5,
    log: /altered/,
  },
  {
    fault: 'an altered body',
    file: 'client.toml',
    answer: sends(flipped(NEW)),
    status: 5,
    log: /cut off or altered/,
  },
  {
    fault: 'another whole file',
    file: 'client.toml',
    answer: sends(clientToml('x')),
    status: 5,
    log: /not the one/,
  },
  {
    fault: 'a client.toml in its place',
    file: 'sync.conf',
    answer: sends(NEW),
    status: 5,
    log: /names no server/,
  },
  ...['http://127.0.0.1', 'https://', 'https://127.0.0.1/elsewhere'].map(
    (server): Row => ({
      fault: `the server ${server}`,
      file: 'sync.conf',
      answer: sends(syncConf(server, NEW)),
      status: 5,
      log: /names no server/,
    }),
  ),
  {
    fault: 'a second server without TLS',
    file: 'sync.conf',
    answer: sends(sealed(`${syncConf('https://127.0.0.1', NEW)}server = http://127.0.0.1\n`)),
    status: 5,
    log: /names no server/,
  },
  {
    fault: 'a key of another form',
    file: 'sync.conf',
    answer: sends(syncConf('https://127.0.0.1', NEW, { key: 'ABC' })),
    status: 5,
    log: /a key of another form/,
  },
];

/** A client of each variant, with a server of its own, so that the four run side by side. */
interface Pair {
  readonly variant: string;
  readonly client: Client;
  readonly server: Hostile;
  readonly good: Hostile['answers'];
}

let folder: string;
let pairs: readonly Pair[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-ca-'));
  const authority = makeAuthority(folder);
  pairs = await Promise.all(
    VARIANTS.map(async (variant) => {
      const server = await startHostile(authority.good);
      const client = makeClient(variant, server.url, authority.caFile);
      server.answers = { 'sync.conf': gives(syncConf(server.url, OLD)), 'client.toml': gives(OLD) };
      expect(await client.run()).toEqual({
        status: 0,
        log: expect.stringContaining('new client.toml in place'),
      });
      const good = {
        'sync.conf': gives(syncConf(server.url, NEW), '"2-2"'),
        'client.toml': gives(NEW, '"2-2"'),
      };
      return { variant: `${variant.shell} with ${variant.tool}`, client, server, good };
    }),
  );
});
afterAll(async () => {
  for (const { client, server } of pairs) {
    client.remove();
    await server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

test.each(ROWS)('$fault for $file: nothing changes, and the log says why', async (row) => {
  await Promise.all(pairs.map((pair) => expectNothingChanged(pair, row)));
});

test('an endless body: nothing changes, and the log says why', async () => {
  // One after the other: so much at once takes longer than a request may.
  for (const pair of pairs)
    await expectNothingChanged(pair, {
      file: 'client.toml',
      answer: floods,
      status: 6,
      log: /over 16 MiB/,
    });
});

async function expectNothingChanged(
  { variant, client, server, good }: Pair,
  { file, answer, status, log }: Omit<Row, 'fault'>,
): Promise<void> {
  const { '.': _before, ...before } = client.state();
  server.answers = { ...good, [file]: answer };
  const run = await client.run();
  expect({ variant, ...run }).toEqual({ variant, status, log: expect.stringMatching(log) });
  const { '.': _after, ...after } = client.state();
  expect(after, variant).toEqual(before);
}

test('after all of that, the next good answer is taken', async () => {
  await Promise.all(
    pairs.map(async ({ variant, client, server, good }) => {
      server.answers = good;
      expect({ variant, ...(await client.run()) }).toMatchObject({ variant, status: 0 });
      expect(client.read('client.toml'), variant).toBe(NEW);
    }),
  );
});
