import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bundle, bundleScript } from '../../src/artifacts/bundle/bundle.ts';
import { keyPlaceholder } from '../../src/artifacts/bundle/client-files.ts';
import { heredoc } from '../../src/artifacts/bundle/heredoc.ts';
import { clientUnits, tickSeconds } from '../../src/artifacts/bundle/units.ts';
import { makeAuthority } from '../sync/support/certificates.ts';
import { clientToml, KEY, NEXT_KEY, syncConf } from '../sync/support/files.ts';
import { type Answer, gives, type Hostile, says, startHostile } from '../sync/support/hostile.ts';
import { type Machine, makeMachine } from './bundle-machine.ts';

// A test is up to three whole installations, each some hundred processes.
vi.setConfig({ testTimeout: 30_000 });

const PROGRAM = '#!/bin/sh\necho rathole\n';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const TOML = clientToml('first');

const SHELLS = [[['dash']], [['bash']], [['busybox', 'ash']]] as const;

let folder: string;
let caText: string;
let server: Hostile;
let machine: Machine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-ca-'));
  const authority = makeAuthority(folder);
  caText = readFileSync(authority.caFile, 'utf8');
  server = await startHostile(authority.good);
  server.answers = { 'sync.conf': gives(syncConf(server.url, TOML)), 'client.toml': gives(TOML) };
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => machine?.remove());

/** The bundle of two servers for one machine, with its keys. */
function bundleFor(prefix: string, changes: Partial<Bundle> = {}): string {
  const bundle: Bundle = {
    client: 'desktop',
    poll: 300,
    servers: ['home-edge1', 'home-edge2'].map((name) => ({
      name,
      url: server.url,
      authority: caText,
      ratholeVersion: '0.5.0',
    })),
    programs: [
      {
        version: '0.5.0',
        architecture: 'x86_64',
        sha256: sha256(PROGRAM),
        source: { kind: 'embedded', base64: base64(PROGRAM) },
      },
    ],
    prefix,
    ...changes,
  };
  return bundleScript(bundle)
    .replaceAll(keyPlaceholder('home-edge1'), KEY)
    .replaceAll(keyPlaceholder('home-edge2'), NEXT_KEY);
}

/** Without the times. */
const modes = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([path, text]) => `${path} ${text.startsWith('->') ? text : text.split(' ')[0]}`);

const PROGRAM_PATH = `/usr/local/lib/reconcile/bin/rathole-0.5.0-${sha256(PROGRAM).slice(0, 12)}`;

describe.each(SHELLS)('the installer under %j', (shell) => {
  test('sets up everything once, and changes nothing when run again', async () => {
    machine = makeMachine({ systemd: true });
    const bundle = bundleFor(machine.prefix);
    const first = await machine.run(shell, bundle);
    expect(first.status, first.output).toBe(0);
    const host = (name: string) => [
      `/etc/rathole/${name}/bundle 600`,
      `/etc/rathole/${name}/ca.pem 640`,
      `/etc/rathole/${name}/client.toml 640`,
      `/etc/rathole/${name}/key 600`,
      `/etc/rathole/${name}/rathole -> ${PROGRAM_PATH}`,
      `/etc/rathole/${name}/sync.conf 600`,
    ];
    const units = clientUnits(300).map(({ name }) => `/etc/systemd/system/${name} 644`);
    const files = machine.files();
    expect(modes(files)).toEqual(
      [
        ...host('home-edge1'),
        ...host('home-edge2'),
        ...units,
        `${PROGRAM_PATH} 755`,
        '/usr/local/lib/reconcile/sync 755',
      ].sort(),
    );
    expect(machine.calls()).toEqual([
      expect.stringMatching(/^useradd --system .* rathole$/),
      ...['', '/home-edge1', '/home-edge2'].map(
        (name) => `chgrp rathole ${machine.prefix}/etc/rathole${name}`,
      ),
      'systemctl daemon-reload',
      ...['home-edge1', 'home-edge2'].flatMap((name) => [
        `systemctl --quiet enable rathole-client@${name}.service`,
        `systemctl --quiet enable --now reconcile-sync@${name}.timer rathole-client@${name}.path`,
        `systemctl --quiet restart rathole-client@${name}.service`,
      ]),
    ]);
    const folderMode = statSync(join(machine.prefix, 'etc/rathole/home-edge1')).mode & 0o7777;
    expect(folderMode.toString(8)).toBe('2750');

    const second = await machine.run(shell, bundle);
    expect(second).toEqual({ status: 0, output: '' });
    expect(machine.files()).toEqual(files);
    expect(machine.calls().filter((call) => !/ (enable|start) /.test(call))).toEqual([]);
  });

  test('takes everything away again, and leaves what is somebody else’s', async () => {
    machine = makeMachine({ systemd: true });
    const bundle = bundleFor(machine.prefix);
    await machine.run(shell, bundle);
    const other = join(machine.prefix, 'etc/rathole/server.toml');
    writeFileSync(other, '[server]\n');
    machine.calls();
    expect((await machine.run(shell, bundle, '--uninstall')).status).toBe(0);
    expect(Object.keys(machine.files())).toEqual(['/etc/rathole/server.toml']);
    const calls = machine.calls().join('\n');
    expect(calls).toMatch(/disable --now reconcile-sync@home-edge1.timer/);
    expect(calls).toMatch(/reset-failed rathole-client@home-edge1/);
    expect(calls, 'the user owns what is left').not.toContain('userdel');
    rmSync(other);
    const { status, output } = await machine.run(shell, bundle, '--uninstall');
    expect(status).toBe(0);
    expect(output).toMatch(/removed \/etc\/rathole\/home-edge1[\s\S]*removed the user rathole/);
    expect(machine.calls()).toContain('userdel rathole');
  });

  test('shows what it would do without a key and without doing it', async () => {
    machine = makeMachine({ systemd: true });
    const { status, output } = await machine.run(shell, bundleFor(machine.prefix), '--print');
    expect(status).toBe(0);
    for (const { name } of clientUnits(300))
      expect(output).toContain(`### 0644 /etc/systemd/system/${name}\n`);
    expect(output).toContain('### 0600 /etc/rathole/home-edge2/key\n[secret]\n');
    expect(output).toContain(`### 0755 ${PROGRAM_PATH} (rathole 0.5.0 x86_64, SHA-256 ${sha256(PROGRAM)})`);
    expect(output.includes(KEY) || output.includes(NEXT_KEY)).toBe(false);
    expect(machine.files()).toEqual({});
    expect(machine.calls()).toEqual([]);
  });

  test('has cron do it where there is no systemd', async () => {
    machine = makeMachine({ systemd: false });
    const bundle = bundleFor(machine.prefix);
    expect((await machine.run(shell, bundle)).status).toBe(0);
    const lines = (machine.files()['/etc/cron.d/reconcile'] ?? '').split('\n').slice(2);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(
      /^\* \* \* \* \* root \S*\/sync --tick 60 home-edge1 2>&1 \| logger -t reconcile-sync$/,
    );
    expect(Object.keys(machine.files()).filter((path) => path.includes('systemd'))).toEqual([]);
    expect((await machine.run(shell, bundle)).output).toBe('');
    expect((await machine.run(shell, bundle, '--uninstall')).status).toBe(0);
    expect(machine.files()).toEqual({});
  });

  test('does nothing when it is cut off', async () => {
    machine = makeMachine({ systemd: true });
    const bundle = bundleFor(machine.prefix);
    const lines = bundle.split('\n');
    for (let end = 1; end < lines.length - 1; end += 60) {
      await machine.run(shell, `${lines.slice(0, end).join('\n')}\n`);
      expect(machine.files(), `cut off after line ${end}`).toEqual({});
      expect(machine.calls(), `cut off after line ${end}`).toEqual([]);
    }
  });
});

describe('the installer', () => {
  test('does not bring back the first key when that was replaced since; another bundle brings its own', async () => {
    machine = makeMachine({ systemd: true });
    const bundle = bundleFor(machine.prefix);
    await machine.run(['dash'], bundle);
    const key = join(machine.prefix, 'etc/rathole/home-edge1/key');
    const replaced = `header = X-Api-Key:${'1'.repeat(32)}\n`;
    writeFileSync(key, replaced);
    await machine.run(['dash'], bundle);
    expect(readFileSync(key, 'utf8')).toBe(replaced);
    await machine.run(['dash'], bundle.replaceAll(KEY, '2'.repeat(32)));
    expect(readFileSync(key, 'utf8')).toBe(`header = X-Api-Key:${'2'.repeat(32)}\n`);
  });

  test('refuses a rathole that is not the pinned one, and a machine that it has none for', async () => {
    machine = makeMachine({ systemd: true });
    const [program] = [{ version: '0.5.0', architecture: 'x86_64', sha256: sha256('other') } as const];
    const wrong = { ...program, source: { kind: 'embedded', base64: base64(PROGRAM) } as const };
    const altered = await machine.run(['dash'], bundleFor(machine.prefix, { programs: [wrong] }));
    expect(altered).toEqual({ status: 1, output: expect.stringContaining('is not the one that was pinned') });
    const arm = { ...wrong, architecture: 'aarch64' as const };
    const none = await machine.run(['dash'], bundleFor(machine.prefix, { programs: [arm] }));
    expect(none).toEqual({ status: 1, output: expect.stringContaining('no rathole for 0.5.0 x86_64') });
    expect(Object.keys(machine.files()).filter((path) => path.includes('/bin/'))).toEqual([]);
  });

  describe.each(['curl', 'wget'] as const)('with %s', (tool) => {
    const fetched = (url: string): Partial<Bundle> => ({
      servers: [{ name: 'home-edge1', url: server.url, authority: caText, ratholeVersion: '0.5.0' }],
      programs: [
        {
          ...{ version: '0.5.0', architecture: 'x86_64', sha256: sha256(PROGRAM) },
          source: { kind: 'fetched', url },
        },
      ],
    });
    const zip = () => zipSync({ rathole: Buffer.from(PROGRAM), LICENSE: Buffer.from('free\n') });
    const bytes =
      (body: Uint8Array): Answer =>
      (_, response) =>
        response.end(body);
    const programs = () => Object.keys(machine.files()).filter((path) => path.includes('/bin/'));
    beforeEach(() => {
      machine = makeMachine({ systemd: true });
      machine.downloadsWith(tool, join(folder, 'ca.pem'));
      server.asked.length = 0;
    });

    test.each([
      ['a release file', 'rathole.zip', zip],
      ['a bare program', 'rathole', () => Buffer.from(PROGRAM)],
    ])('fetches rathole once where it is not embedded: %s', async (_what, name, body) => {
      server.answers = { ...server.answers, [name]: bytes(body()) };
      const bundle = bundleFor(machine.prefix, fetched(`${server.url}/v0.5.0/${name}`));
      const { status, output } = await machine.run(['dash'], bundle);
      expect(status, output).toBe(0);
      expect(programs()).toEqual([PROGRAM_PATH]);
      expect(machine.files()[PROGRAM_PATH]).toMatch(/^755 \S+\n#!\/bin\/sh\necho rathole\n$/);
      expect(await machine.run(['dash'], bundle)).toEqual({ status: 0, output: '' });
      expect(server.asked.filter(({ path }) => path.endsWith(name))).toHaveLength(1);
    });

    test.each<[string, Answer]>([
      ['another program', bytes(Buffer.from('#!/bin/sh\necho other\n'))],
      ['another program in a zip', bytes(zipSync({ rathole: Buffer.from('other') }))],
      ['a zip without a program', bytes(zipSync({ README: Buffer.from('other') }))],
      ['nothing', says(404)],
    ])('installs nothing when it gets %s', async (_what, answer) => {
      server.answers = { ...server.answers, 'rathole.zip': answer };
      const bundle = bundleFor(machine.prefix, fetched(`${server.url}/v0.5.0/rathole.zip`));
      expect((await machine.run(['dash'], bundle)).status).not.toBe(0);
      expect(programs().filter((path) => path === PROGRAM_PATH)).toEqual([]);
    });
  });

  test('is clean by shellcheck', () => {
    const fetched = { kind: 'fetched', url: "https://example.net/it's.zip" } as const;
    const programs = [
      { version: '0.5.0', architecture: 'armv7', sha256: sha256(''), source: fetched } as const,
    ];
    for (const text of [bundleFor(''), bundleFor('', { programs })])
      execFileSync('shellcheck', ['--shell=sh', '-'], { input: text });
  });
});

describe('its units', () => {
  test.each([[300], [60], [45], [7]])('are what systemd understands, for a poll every %i s', (poll) => {
    const units = join(folder, `units-${poll}`);
    execFileSync('mkdir', ['-p', units]);
    for (const { name, text } of clientUnits(poll)) writeFileSync(join(units, name.replace('@', '@x')), text);
    const names = clientUnits(poll).map(({ name }) => join(units, name.replace('@', '@x')));
    const verify = ['verify', '--man=no', ...names];
    const said = execFileSync('sh', ['-c', 'systemd-analyze "$@" 2>&1 || :', 'sh', ...verify], {
      encoding: 'utf8',
    });
    const ours = said
      .split('\n')
      .filter((line) => /@x/.test(line) && !/is not executable: No such file/.test(line));
    expect(ours).toEqual([]);
  });

  test.each(['rathole-client@.service', 'reconcile-sync@.service', 'reconcile-first-sync@.service'])(
    '%s is exposed by 2.5 at most',
    (name) => {
      const file = join(folder, name.replace('@', '@x'));
      writeFileSync(file, clientUnits(300).find((unit) => unit.name === name)?.text ?? '');
      const said = execFileSync('systemd-analyze', ['security', '--offline=true', file], {
        encoding: 'utf8',
      });
      expect(Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(2.5);
    },
  );

  test('tick no less often than the client polls', () => {
    expect([86_400, 300, 60, 59, 30, 7, 5].map(tickSeconds)).toEqual([60, 60, 60, 30, 30, 5, 5]);
  });
});

test('a here-document gives exactly its text', () => {
  const text = "$HOME `id` \\n 'x'\nEND_OF_FILE\nEND_OF_FILE_\n";
  expect(execFileSync('sh', ['-c', `cat <<${heredoc(text)}`], { encoding: 'utf8' })).toBe(text);
  expect(execFileSync('sh', ['-c', `cat <<${heredoc('')}`], { encoding: 'utf8' })).toBe('');
});
