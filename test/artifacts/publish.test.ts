import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MARKER_LINE } from '../../src/artifacts/marker.ts';
import { PUBLISH } from '../../src/artifacts/pull/publish.ts';
import { syncHead } from '../../src/artifacts/pull/sync-conf.ts';

const GROUP = execFileSync('id', ['-g'], { encoding: 'utf8' }).trim();
const KEYS = { k1: '11'.repeat(16), k2: '22'.repeat(16) };

/** What the rotation's own functions do, as far as publishing needs them. */
const ROTATION = `
read_record() {
  read -r phase current next highest staged_at finalize_at rotated_at <"$state/rotation/$1/record"
}
served() {
  read_record "$1" || return
  case $phase in staged) echo "$current"; echo "$next" ;; *) echo "$current" ;; esac
}`;

const sealed = (text: string) => `${text}# reconcile sha256 ${sha256(text)}\n`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const fragment = (name: string, token: string) => `
[client.services."${name}"]
type = "tcp"
token = "${token}"
local_addr = "127.0.0.1:22"
`;

test('the functions are clean by shellcheck as POSIX sh', () => {
  const input = `state=/var/lib/reconcile\n${ROTATION}\n${PUBLISH}\npublish_config pc\n: "$highest $rotated_at"\n`;
  execFileSync('shellcheck', ['--shell=sh', '-'], { input });
});

describe.each([['dash'], ['bash']])("a client's files, in %s", (shell) => {
  let state: string;
  const at = (path: string) => join(state, path);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const read = (path: string) => readFileSync(at(path), 'utf8');
  const run = (commands: string, options = 'set -eu') =>
    execFileSync(
      shell,
      ['-c', `${options}\n${ROTATION}\n${PUBLISH}\nstate=$1\n${commands}\n`, shell, state],
      {
        stdio: 'pipe',
      },
    );
  const publish = () => run('publish_config pc && publish_notice pc && publish_sync pc');
  const record = (service: string, line: string, client = 'pc') => {
    write(`rotation/${service}/policy`, `client=${client}\nprotocol=tcp\n`);
    write(`rotation/${service}/record`, `${line}\n`);
  };

  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'reconcile-state-'));
    mkdirSync(at('pull/pc'), { recursive: true });
    write('rotation/settings', `at_most=50\nnginx_group=${GROUP}\n`);
    write('clients/pc/settings', `${MARKER_LINE}poll=300\nserver=https://edge.example\n`);
    write('clients/pc/key', 'steady 1 0 1700000000\n');
    for (const [number, key] of Object.entries(KEYS)) write(`keys/pc.${number}`, key);
    write('fragments/client/pc/00-head.toml', `${MARKER_LINE}[client]\n`);
    write('fragments/client/pc/50-ssh.g1.toml', fragment('ssh.g1', 'old'));
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  test('at rest: the fragments, sealed; no rotation; a sync.conf that names them', () => {
    publish();
    const toml = sealed(`${MARKER_LINE}[client]\n${fragment('ssh.g1', 'old')}`);
    expect(read('pull/pc/client.toml')).toBe(toml);
    expect(read('pull/pc/config')).toBe('{"status":"no_pending_rotation"}\n');
    const sum = toml.trimEnd().slice(-64);
    const head = syncHead({ poll: 300, server: 'https://edge.example' });
    expect(read('pull/pc/sync.conf')).toBe(sealed(`${head}client_toml = ${sum}\n`));
    expect(readdirSync(at('pull/pc')).sort()).toEqual(['client.toml', 'config', 'sync.conf']);
    expect(statSync(at('pull/pc/sync.conf')).mode & 0o777).toBe(0o640);
  });

  test('again: nothing is touched', () => {
    publish();
    const before = ['client.toml', 'config', 'sync.conf'].map((file) => statSync(at(`pull/pc/${file}`)));
    publish();
    const after = ['client.toml', 'config', 'sync.conf'].map((file) => statSync(at(`pull/pc/${file}`)));
    expect(after.map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(
      before.map(({ ino, mtimeMs }) => [ino, mtimeMs]),
    );
  });

  test('staged: both generations, the earliest finalize_at, and the new tokens of this client alone', () => {
    write('fragments/client/pc/50-ssh.g2.toml', fragment('ssh.g2', 'new'));
    write('fragments/client/pc/50-web.g4.toml', fragment('web.g4', 'kept'));
    write('rotation/web/g5/client.toml', fragment('My "web"', 'newer').replace('My "web"', 'My \\"web\\"'));
    record('ssh', 'staged 1 2 2 1700000100 1700001000 -');
    record('web', 'staged 4 5 5 1700000200 1700000900 -');
    record('db', 'staged 1 2 2 1700000300 1700000400 -', 'other');
    publish();
    expect(read('pull/pc/client.toml')).toContain('token = "old"');
    expect(read('pull/pc/client.toml')).toContain('token = "new"');
    expect(JSON.parse(read('pull/pc/config'))).toEqual({
      generated: '2023-11-14T22:16:40Z',
      finalize_at: '2023-11-14T22:28:20Z',
      tokens: { 'ssh.g2': 'new', 'My "web"': 'newer' },
    });
    expect(read('pull/pc/sync.conf')).toContain('\nfinalize_at = 1700000900\n');
  });

  test('what the record does not serve is left out, though its fragment is still there', () => {
    write('fragments/client/pc/50-ssh.g2.toml', fragment('ssh.g2', 'new'));
    record('ssh', 'finalizing 2 0 2 0 0 -');
    publish();
    expect(read('pull/pc/client.toml')).not.toContain('"old"');
    expect(read('pull/pc/client.toml')).toContain('"new"');
    expect(read('pull/pc/config')).toContain('no_pending_rotation');
    expect(read('pull/pc/sync.conf')).not.toContain('finalize_at');
  });

  test.each([
    ['announcing', true],
    ['announced', true],
    ['steady', false],
    ['retiring', false],
    ['replacing', false],
  ])('a key that is %s: its successor is told: %s', (phase, told) => {
    write('clients/pc/key', `${phase} 1 2 1700000000\n`);
    publish();
    expect(read('pull/pc/sync.conf').includes(`\nkey = ${KEYS.k2}\n`)).toBe(told);
    expect(read('pull/pc/sync.conf')).not.toContain(KEYS.k1);
  });

  test.each([
    ['no head', () => rmSync(at('fragments/client/pc/00-head.toml'))],
    ['a record that cannot be read', () => mkdirSync(at('rotation/ssh/record'), { recursive: true })],
    ['no group', () => write('rotation/settings', 'at_most=1\n')],
  ])('%s: it fails, and the file stays, also where set -e does not hold', (_, harm) => {
    publish();
    const before = read('pull/pc/client.toml');
    write('fragments/client/pc/50-aaa.g1.toml', fragment('aaa.g1', 'more'));
    harm();
    expect(() => run('if publish_config pc; then :; else exit 7; fi', 'set -u')).toThrow();
    expect(read('pull/pc/client.toml')).toBe(before);
  });

  test('a successor that is missing: sync.conf stays', () => {
    publish();
    const before = read('pull/pc/sync.conf');
    rmSync(at('keys/pc.k2'));
    write('clients/pc/key', 'announced 1 2 1700000000\n');
    expect(() => run('publish_sync pc')).toThrow();
    expect(read('pull/pc/sync.conf')).toBe(before);
    expect(existsSync(at('pull/pc/sync.conf.new'))).toBe(false);
  });
});
