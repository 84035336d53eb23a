import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { print, redact, SALT } from './redact-run.ts';

const TOKEN = '0f'.repeat(32);

const folder = mkdtempSync(join(tmpdir(), 'reconcile-redact-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const whole = (text: string) => expect.stringMatching(new RegExp(`^withheld ${text}`));

test.each([
  ['a token of ours', `token = "${TOKEN}"`, `token = "${print(TOKEN)}"`],
  ['a literal string', `token = 'weak "one"'`, `token = '${print('weak "one"')}'`],
  ['a bare number', 'token = 12345', `token = ${print('12345')}`],
  ['other spacing', '\ttoken="x y"  ', `\ttoken="${print('x y')}"  `],
  ['a dotted key', 'services.ssh.token = "x"', `services.ssh.token = "${print('x')}"`],
  ['a default token', 'default_token = "x"', `default_token = "${print('x')}"`],
  ['a password', 'pkcs12_password = "x"', `pkcs12_password = "${print('x')}"`],
  ['a private key', 'local_private_key = "x"', `local_private_key = "${print('x')}"`],
  ['a proxy with a login', 'proxy = "socks5://u:p@h:1"', `proxy = "${print('socks5://u:p@h:1')}"`],
  ['a login in a harmless key', 'remote_addr = "u:p@h:1"', `remote_addr = "${print('u:p@h:1')}"`],
  ['an unknown key', 'passwort = "x"', `passwort = "${print('x')}"`],
  ['a comment behind a value', 'token = "x" # was: y', `token = "${print('x')}" # {{withheld}}`],
  ['a comment behind a harmless value', 'type = "tcp" # y', 'type = "tcp" # {{withheld}}'],
  ['a comment behind a table', '[server] # y', '[server] # {{withheld}}'],
  ['a commented-out token', '# token = "x"', '# {{withheld}}'],
  ['our own comment', '# Made by reconcile.', '# Made by reconcile.'],
  ['a token in our own comment', `# reconcile ${TOKEN}`, `# reconcile ${print(TOKEN)}`],
  ['the hash in our own comment', `# reconcile sha256 ${TOKEN}`, `# reconcile sha256 ${TOKEN}`],
  [
    'harmless settings',
    '[server.services."ssh.g7"]\nbind_addr = "127.77.8.174:1019"\nnodelay = true',
    undefined,
  ],
])('TOML: %s', (_, text, shown = text) => {
  expect(redact('toml', `${text}\n`)).toBe(shown);
});

test.each([
  ['a multi-line string', 'token = """\nsecret\n"""'],
  ['a multi-line literal', "token = '''\nsecret\n'''"],
  ['a multi-line string that looks like tables', "note = '''\n[server]\ntype = \"secret\"\n'''"],
  ['an inline table', 'ssh = { token = "secret" }'],
  ['a quoted key', '"token" = "secret"'],
  ['an escaped key', '"tok\\u0065n" = "secret"'],
  ['an escape in a string', 'token = "sec\\"ret"'],
  ['an escape in a harmless string', 'type = "\\u0073ecret"'],
  ['an array', 'token = ["secret"]'],
  ['a string that does not end', 'token = "secret'],
  ['two values', 'token = "x" secret'],
  ['what is not TOML', 'secret'],
  ['JSON', '{"token": "secret"}'],
  ['a placeholder of ours', 'token = "{{secret}}"'],
  ['carriage returns', 'token = "secret"\r'],
])('TOML with %s is withheld as a whole', (_, text) => {
  const said = redact('toml', `[server]\n${text}\n`);
  expect(said).toEqual(whole('(line \\d+ is in a form|holds what looks like)'));
  expect(said).not.toContain('secret');
});

test('JSON shows its form, its times and what names things, and no other string', () => {
  const text = JSON.stringify(
    {
      generated: '2026-11-21T01:02:03Z',
      finalize_at: 1795225796,
      status: 'staged',
      tokens: { ssh: TOKEN, web: 'weak' },
      services: [{ name: 'ssh', generation: 8, note: 'y' }, true, null],
    },
    null,
    2,
  );
  expect(JSON.parse(redact('json', text))).toEqual({
    generated: '2026-11-21T01:02:03Z',
    finalize_at: 1795225796,
    status: 'staged',
    tokens: { ssh: print(TOKEN), web: print('weak') },
    services: [{ name: 'ssh', generation: 8, note: print('y') }, true, null],
  });
});

test.each([
  ['an escape', '{"token": "sec\\u0072et-secret"}'],
  ['a string that does not end', '{"token": "secret}'],
  ['no JSON', 'secret'],
  ['a number that may be a token', '{"token": 12345678901234567890}'],
])('JSON with %s is withheld as a whole', (_, text) => {
  expect(redact('json', `${text}\n`)).toEqual(whole('is not plain JSON'));
});

test.each([
  ['a key of 32 digits', `x "${'0f'.repeat(16)}" y`, `x "${print('0f'.repeat(16))}" y`],
  [
    'a header in nginx',
    'proxy_set_header Authorization "Bearer x";',
    `proxy_set_header Authorization ${print('"Bearer x";')}`,
  ],
  ['an environment variable', 'Environment=API_TOKEN=x', `Environment=API_TOKEN=${print('x')}`],
  ['a password in a comment', '# password: x', `# password: ${print('x')}`],
  ['a path', 'ssl_certificate_key /var/lib/reconcile/tls/leaf.key;', undefined],
  ['a variable', 'map $http_x_api_key $client {', undefined],
  [
    'a program with a short hash',
    'ExecStart=/usr/local/lib/reconcile/bin/rathole-0.5.0-0123456789ab',
    undefined,
  ],
])('a text of ours with %s', (_, text, shown = text) => {
  const head = '# Made by reconcile.';
  expect(redact('plain', `${head}\n${text}\n`)).toBe(`${head}\n${shown}`);
});

test('the keys of a map are secrets, however weak', () => {
  const text =
    '# Made by reconcile.\nmap $http_x_api_key $client {\n  default "";\n  "weak" alice;\n  bare bob;\n}\nlisten 80;';
  expect(redact('plain', `${text}\n`)).toBe(
    text.replace('weak', print('weak')).replace('bare bob', `${print('bare')} bob`),
  );
});

test('a text that is not ours is withheld', () => {
  expect(redact('plain', 'server { listen 80; }\n')).toEqual(whole('was not made by reconcile'));
});

test('without a salt no fingerprint is made', () => {
  expect(redact('toml', 'token = "x"\n', { salted: false })).toBe('token = "{{fingerprint unknown}}"');
});

const many = Array.from({ length: 200 }, (_, at) =>
  `token = "secret ${at % 150} \\\\$HOME"`.replace('\\\\', '`'),
);
const manyShown = many.map((line) => line.replace(/"(.*)"/, (_, value: string) => `"${print(value)}"`));

test.each(['dash', 'bash'])('each of many secrets gets its own fingerprint in %s', (shell) => {
  expect(redact('toml', `${many.join('\n')}\n`, { shell })).toBe(manyShown.join('\n'));
});

test.each(['mawk', 'busybox'])('%s agrees', (program) => {
  const bin = mkdtempSync(join(folder, 'bin-'));
  symlinkSync(join('/usr/bin', program), join(bin, 'awk'));
  const path = `${bin}:${process.env['PATH']}`;
  expect(redact('toml', `${many.join('\n')}\n`, { path })).toBe(manyShown.join('\n'));
  expect(redact('plain', '# reconcile\nmap $http_x $y {\n weak z;\n}\n', { path })).toContain(print('weak'));
  expect(redact('json', '{"tokens": {"a": "b"}}\n', { path })).toBe(`{"tokens": {"a": "${print('b')}"}}`);
});

test('programs are started by the hundred secrets, not for each', () => {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const record = join(bin, 'record');
  for (const program of ['sha256sum', 'awk']) {
    const wrapper = `#!/bin/sh\necho ${program} >>${record}\nexec /usr/bin/${program} "$@"\n`;
    writeFileSync(join(bin, program), wrapper, { mode: 0o755 });
  }
  const path = `${bin}:${process.env['PATH']}`;
  expect(redact('toml', `${many.join('\n')}\n`, { path })).toBe(manyShown.join('\n'));
  const started = readFileSync(record, 'utf8').split('\n').filter(Boolean).sort();
  expect(started).toEqual(['awk', 'awk', 'sha256sum', 'sha256sum']);
});

test('no secret and no salt is in the arguments or the environment of a program', () => {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const record = join(folder, 'record');
  for (const program of ['sha256sum', 'awk']) {
    writeFileSync(
      join(bin, program),
      `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } >>${record}\nexec /usr/bin/${program} "$@"\n`,
    );
    chmodSync(join(bin, program), 0o755);
  }
  const said = redact('toml', `${many.join('\n')}\n`, { path: `${bin}:${process.env['PATH']}` });
  expect(said).toBe(manyShown.join('\n'));
  const recorded = readFileSync(record, 'utf8');
  expect(recorded).toMatch(/^\/proc\/\d+\/fd\/3$/m);
  expect(recorded).not.toContain('secret 1');
  expect(recorded).not.toContain(SALT);
});

/** Thirteen thousand secrets in a text of nearly 1 MiB: what copies the text for each would need minutes. */
describe('a long text costs no more than its length', () => {
  const secrets = Array.from({ length: 13_000 }, (_, at) =>
    createHash('sha256').update(`${at}`).digest('hex'),
  );
  const unknown = '{{fingerprint unknown}}';

  test.each([
    ['JSON in one line', 'json', `{"tokens":{${secrets.map((each, at) => `"s${at}":"${each}"`).join(',')}}}`],
    ['JSON in many lines', 'json', `{"tokens":{\n${secrets.map((each) => `"s":"${each}"`).join(',\n')}}}`],
    ['a line with many keys', 'plain', `# reconcile: ${secrets.map((each) => `a face ${each}`).join(' ')}`],
    [
      'a line with many words',
      'plain',
      `# reconcile: ${secrets.map(() => 'face added decade bad').join(' ')} ${TOKEN}`,
    ],
    ['many lines', 'toml', secrets.map((each) => `token = "${each}"`).join('\n')],
  ])('%s', (_, form, text) => {
    const shown = text.replaceAll(/[0-9a-f]{64}/g, unknown);
    expect(redact(form, `${text}\n`, { salted: false, cpuSeconds: 2 }) === shown).toBe(true);
  });
});
