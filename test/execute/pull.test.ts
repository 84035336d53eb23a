import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Step } from '../../src/model/step.ts';
import { Sandbox, SHELLS } from './sandbox.ts';
import { failing } from './steps.ts';

const GROUP = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
const ROOT = userInfo().uid === 0;

describe.each(SHELLS)('what clients pull, in %s', (shell) => {
  let host: Sandbox;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(host.at(path)), { recursive: true });
    writeFileSync(host.at(path), text);
  };
  const read = (path: string) => readFileSync(host.at(path), 'utf8');
  const publish: Step = { kind: 'publish', client: 'pc' };
  const record = (more: Partial<Extract<Step, { kind: 'record-key' }>> = {}): Step => ({
    ...{ kind: 'record-key', client: 'pc', found: undefined, phase: 'steady', current: 1, next: 0 },
    ...more,
  });
  const fragment = (text: string) => write('state/fragments/client/pc/50-ssh.g1.toml', `${text}\n`);

  beforeEach(() => {
    host = new Sandbox(shell);
    for (const folder of ['pull/pc', 'keys', 'clients/pc'])
      mkdirSync(host.at(`state/${folder}`), { recursive: true });
    write('state/rotation/settings', `nginx_group=${GROUP}\n`);
    write('state/clients/pc/settings', 'poll=60\nserver=https://edge.example\n');
    write('state/fragments/client/pc/00-head.toml', '[client]\n');
    fragment('one');
  });
  afterEach(() => host[Symbol.dispose]());

  test.runIf(ROOT)('a key is made once, and its record tells when', async () => {
    const steps: readonly Step[] = [{ kind: 'make-key', client: 'pc', number: 1 }, record()];
    expect(await host.apply(steps)).toMatchObject({ end: 'ok' });
    const key = read('state/keys/pc.k1');
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    const made = Math.floor(statSync(host.at('state/keys/pc.k1')).mtimeMs / 1000);
    expect(read('state/clients/pc/key')).toBe(`steady 1 0 ${made}\n`);
    const found = { phase: 'steady', current: 1, next: 0 } as const;
    expect(
      await host.apply([{ kind: 'make-key', client: 'pc', number: 1 }, record({ found })]),
    ).toMatchObject({
      end: 'ok',
    });
    expect(read('state/keys/pc.k1')).toBe(key);
  });

  test.runIf(ROOT)('a record that says something else by now stops the transaction', async () => {
    write('state/keys/pc.k1', '1');
    write('state/clients/pc/key', 'announced 1 2 1700000000\n');
    const found = { phase: 'steady', current: 1, next: 0 } as const;
    expect(await host.apply([record({ found, phase: 'announcing', next: 2 })])).toMatchObject({
      end: 'backed-out',
      reasons: [expect.stringContaining('the key of pc was changed after this was planned')],
    });
    expect(read('state/clients/pc/key')).toContain('announced');
  });

  test.runIf(ROOT)('a record that is written twice goes back to what it was before both', async () => {
    write('state/keys/pc.k1', '1');
    write('state/keys/pc.k2', '2');
    write('state/clients/pc/key', 'steady 1 0 1700000000\n');
    const found = { phase: 'steady', current: 1, next: 0 } as const;
    const announcing = { phase: 'announcing', current: 1, next: 2 } as const;
    const steps = [
      record({ found, ...announcing }),
      record({ found: announcing, ...announcing, phase: 'announced' }),
    ];
    expect(await host.apply([...steps, failing])).toMatchObject({ end: 'backed-out' });
    expect(read('state/clients/pc/key')).toBe('steady 1 0 1700000000\n');
    expect(readdirSync(host.at('state/clients/pc')).sort()).toEqual(['key', 'settings']);
    expect(await host.apply(steps)).toMatchObject({ end: 'ok' });
    expect(read('state/clients/pc/key')).toMatch(/^announced 1 2 \d+\n$/);
  });

  test('what becomes of a key is said once in the audit log', async () => {
    const step: Step = {
      kind: 'audit-key',
      client: 'pc',
      action: 'announce',
      number: 2,
      reason: 'asked for',
    };
    expect(await host.apply([step])).toMatchObject({ end: 'ok' });
    expect(await host.apply([step])).toMatchObject({ end: 'ok' });
    expect(await host.apply([{ ...step, action: 'retire' }])).toMatchObject({ end: 'ok' });
    const lines = read('audit')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      {
        sequence: 1,
        target: 'pc',
        operation: 'announce-key',
        generation: 2,
        outcome: 'ok',
        detail: 'asked for',
      },
      { sequence: 2, operation: 'retire-key' },
    ]);
  });

  test('what is made and revoked is said, and taken back by another line', async () => {
    const step = (action: 'make' | 'revoke'): Step => ({
      ...{ kind: 'audit-secret', secret: 'key', action, target: 'pc', number: 1 },
      reason: 'a reason',
    });
    expect(await host.apply([step('make'), failing])).toMatchObject({ end: 'backed-out' });
    expect(await host.apply([step('make')])).toMatchObject({ end: 'ok' });
    expect(await host.apply([failing, step('revoke')])).toMatchObject({ end: 'backed-out' });
    expect(await host.apply([step('revoke')])).toMatchObject({ end: 'ok' });
    const said = read('audit')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ target, operation, generation, outcome }) =>
        [target, operation, generation, outcome].join(' '),
      );
    expect(said).toEqual([
      'pc make-key 1 ok',
      'pc make-key 1 backed-out',
      'pc make-key 1 ok',
      'pc revoke-key 1 ok',
    ]);
  });

  test("a client's files are published, and taken back with a later time", async () => {
    expect(await host.apply([publish])).toMatchObject({ end: 'ok' });
    const before = {
      text: read('state/pull/pc/client.toml'),
      at: statSync(host.at('state/pull/pc/client.toml')).mtimeMs,
    };
    fragment('two');
    expect(await host.apply([publish, failing])).toMatchObject({ end: 'backed-out' });
    expect(read('state/pull/pc/client.toml')).toBe(before.text);
    expect(statSync(host.at('state/pull/pc/client.toml')).mtimeMs).toBeGreaterThan(before.at + 999);
    expect(readdirSync(host.at('state/pull/pc')).sort()).toEqual(['client.toml', 'config', 'sync.conf']);
    expect(await host.apply([publish])).toMatchObject({ end: 'ok' });
    expect(read('state/pull/pc/client.toml')).toContain('two');
  });

  test('files that were not there before are taken away again', async () => {
    expect(await host.apply([publish, failing])).toMatchObject({ end: 'backed-out' });
    expect(readdirSync(host.at('state/pull/pc'))).toEqual([]);
  });

  test('what cannot be published ends the transaction', async () => {
    write('state/rotation/settings', '');
    expect(await host.apply([publish])).toMatchObject({ end: 'backed-out' });
    expect(readdirSync(host.at('state/pull/pc'))).not.toContain('client.toml');
  });

  test('a folder goes with all in it, also what went before, or comes back whole', async () => {
    const folder = host.at('state/pull/pc');
    write('state/pull/pc/a', 'a');
    write('state/pull/pc/b', 'b');
    const gone: Step = { kind: 'remove-folder', path: folder };
    const sum = execFileSync('sha256sum', { input: 'a', encoding: 'utf8' }).slice(0, 64);
    const first: Step = { kind: 'remove-file', path: `${folder}/a`, expect: { kind: 'sha256', sha256: sum } };
    expect(await host.apply([first, gone, failing])).toMatchObject({ end: 'backed-out' });
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
    expect(await host.apply([first, gone])).toMatchObject({ end: 'ok' });
    expect(readdirSync(host.at('state/pull'))).toEqual([]);
  });

  test('the group of the workers is what nginx says; without one nothing is made', async () => {
    host.command('nginx', `printf 'user nobody %s;\\n' ${GROUP}`);
    const step: Step = {
      ...{ kind: 'make-directory', path: host.at('etc/pull'), owner: userInfo().username },
      ...{ group: '{{nginx group}}', mode: '0750' },
    };
    expect(await host.apply([step])).toMatchObject({ end: 'ok' });
    expect(statSync(host.at('etc/pull')).mode & 0o777).toBe(0o750);
    host.command('nginx', 'printf "user nobody no-such-group;\\n"');
    const other = { ...step, path: host.at('etc/other') } as Step;
    expect(await host.apply([other])).toMatchObject({
      end: 'backed-out',
      reasons: [expect.stringContaining('does not tell the group')],
    });
    expect(readdirSync(host.at('etc'))).toEqual(['pull']);
  });

  test('connections are ended once nothing listens any more, and it is an error when they go on', async () => {
    const cut: Step = { kind: 'cut-connections', service: 'ssh', address: '0.0.0.0', port: 2222 };
    write('listens', '');
    write('open', '');
    host.command(
      'ss',
      `cd ${host.root}
      case "$*" in
        *-l*) if [ -e listens ]; then rm listens; echo 'LISTEN 0 1 0.0.0.0:2222 *'; fi ;;
        *-K*) echo "$*" >>killed; rm -f open ;;
        *) [ ! -e open ] || echo ESTAB ;;
      esac`,
    );
    chmodSync(host.at('bin/ss'), 0o755);
    expect(await host.apply([cut])).toMatchObject({ end: 'ok' });
    expect(read('killed')).toBe('-H -t -n -4 -K state connected ( sport = :2222 )\n');
    host.command('ss', 'case "$*" in *-l*) ;; *-K*) ;; *) echo ESTAB ;; esac');
    host.command('sleep', `echo "$1" >>${host.at('slept')}`);
    expect(await host.apply([{ ...cut, address: '127.0.0.1' }])).toMatchObject({
      end: 'backed-out',
      reasons: [expect.stringContaining('connections to 127.0.0.1:2222 go on')],
    });
    expect(read('slept')).toBe('0.05\n'.repeat(99));
  }, 20_000);
});
