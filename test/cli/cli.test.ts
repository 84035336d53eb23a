import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { wrap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writePlanFile } from '../../src/cli/plan-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'reconcile-cli-'));

/** Nothing listens at the discard port. */
const CLOSED = 'all: { hosts: { edge: { ansible_host: 127.0.0.1, ansible_port: 9 } } }';

// Each test starts the program, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

/** The program as it is shipped, built anew so that no older build answers. */
beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build', '--', `${work}/dist`], { cwd: ROOT });
}, 60_000);
afterAll(() => rmSync(work, { recursive: true }));

const built = (name: string) => join(work, 'dist', name);

const reconcile = (...args: string[]) =>
  execa('node', [built('bin.cjs'), ...args], { cwd: ROOT, reject: false });

function file(name: string, text: string): string {
  const path = join(work, name);
  writeFileSync(path, text);
  return path;
}

describe('bundle', () => {
  const given = ['playbooks/homelab.yaml', '-i', 'inventories/homelab.yaml'];

  test.each([
    ['nowhere', ['desktop'], 'nowhere to write it to'],
    ['a pipe', ['desktop', '--out', '-'], 'does not belong on a terminal or into a pipe'],
    ['an unknown client', ['nobody', '--out', 'x.sh'], 'no playbook declares a client "nobody"'],
    ['both ways', ['desktop', '--out', 'x.sh', '--print'], 'cannot be used with'],
  ])('%s: one clear error', async (_, words, message) => {
    const [client = '', ...options] = words;
    const { exitCode, stdout, stderr } = await reconcile('bundle', client, ...given, ...options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('validate', () => {
  const inventory = ['-i', 'inventories/homelab.yaml'];

  test('a right playbook ends with 0', async () => {
    const { exitCode, stdout, stderr } = await reconcile('validate', ...inventory, 'playbooks/homelab.yaml');
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'valid', stderr: '' });
  });

  test('a wrong one ends with 1, in each format', async () => {
    const wrong = file('wrong.yaml', 'tunnels: {}\nclient: {}\n');
    const text = await reconcile('validate', ...inventory, wrong);
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain(
      `${wrong}:2:1: error: the key is unknown here: found "client" [unknown-key]`,
    );
    const json = await reconcile('validate', '--format', 'json', ...inventory, wrong);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ errors: 2, warnings: 0 });
    const github = await reconcile('validate', '--format', 'github', ...inventory, wrong);
    expect(github.exitCode).toBe(1);
    expect(github.stdout.split('\n')).toHaveLength(2);
  });

  test('a warning alone ends with 0', async () => {
    const warned = file('warned.yaml', `${await text('playbooks/homelab.yaml')}  spare: {}\n`);
    const { exitCode, stdout } = await reconcile('validate', ...inventory, warned);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('[client-unused]');
  });

  test('a program that is not there, or not the pinned one, is found beside its playbook', async () => {
    const home = (await text('playbooks/homelab.yaml')).replace('sha256:', 'binary: ./rathole, sha256:');
    const playbook = file('program.yaml', home);
    const missing = await reconcile('validate', ...inventory, playbook);
    expect(missing.exitCode).toBe(1);
    expect(missing.stdout).toMatch(
      /program\.yaml:\d+:\d+: error: .* no such file or directory \[program-unreadable\]/,
    );
    file('rathole', 'another program');
    const another = await reconcile('plan', ...inventory, playbook);
    expect(another.exitCode).toBe(1);
    expect(another.stderr).toMatch(/program\.yaml:\d+:\d+: error: .*\[program-hash\]/);
  });

  test('the same playbook by two ways is one playbook', async () => {
    const twice = ['playbooks/homelab.yaml', join(ROOT, 'playbooks', '..', 'playbooks', 'homelab.yaml')];
    const { exitCode, stdout } = await reconcile('validate', ...inventory, ...twice);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'valid' });
  });

  test('a missing file, a folder and a file of 50 MB are findings', async () => {
    const large = file('large.yaml', '');
    truncateSync(large, 50 * 1024 * 1024);
    const { exitCode, stdout } = await reconcile(
      'validate',
      ...inventory,
      join(work, 'none.yaml'),
      work,
      large,
    );
    expect(exitCode).toBe(1);
    expect(stdout.match(/\[file-unreadable\]/g)).toHaveLength(2);
    expect(stdout).toContain(
      `${large}:1:1: error: the file is larger than 16 MiB: found 52428800 bytes [file-too-large]`,
    );
  });
});

describe('inventory', () => {
  const fleet = ['inventory', '-i', 'inventories/fleet'];

  test('prints a host with its variables', async () => {
    const { stdout } = await reconcile(...fleet, '--host', 'eu01');
    expect(JSON.parse(stdout)).toEqual({
      ansible_user: 'admin',
      ansible_become: true,
      zone: 'eu.example.net',
    });
  });

  test('prints a tree of the hosts that the limit leaves', async () => {
    const { stdout } = await reconcile(...fleet, '--graph', '--limit', 'eu:!canary');
    expect(stdout).toMatch(/@eu:\n.*--eu02\n.*--eu03\n/);
    expect(stdout).not.toContain('eu01');
  });

  test('prints everything as JSON', async () => {
    const { stdout } = await reconcile(...fleet);
    expect(Object.keys(JSON.parse(stdout))).toEqual(['_meta', 'all', 'edge', 'eu', 'us', 'canary']);
  });

  test.each([
    [['--host', 'nobody'], 'there is no host "nobody"'],
    [['--limit', 'nobody'], '--limit: the inventory has no such host or group'],
  ])('%s ends with 1 and a remedy', async (options, message) => {
    const { exitCode, stdout, stderr } = await reconcile(...fleet, ...options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/mend: \S/);
  });
});

describe('apply', () => {
  const digest = '0'.repeat(64);
  const planFile = { digest, inventory: 'i', playbooks: ['p'] };
  const changed = (change: object) =>
    JSON.stringify({ ...JSON.parse(writePlanFile(planFile, {})), ...change });

  test.each([
    ['a missing file', '/nowhere', '/nowhere cannot be read: no such file or directory'],
    ['a folder', work, 'it is not a regular file'],
    ['a cut plan file', () => writePlanFile(planFile, {}).slice(0, -9), 'but not a whole one'],
    ['a plan file without playbooks', () => changed({ playbooks: [] }), 'not a whole one'],
    ['a digest that is none', () => changed({ digest: '\u001b[2J' }), 'not a whole one'],
    ['a playbook alone', () => 'tunnels: {}', 'playbooks, which need an inventory'],
    ['a plan file that somebody changed', () => changed({ plan: 'nothing' }), 'changed after it was written'],
    ['what --format json printed', () => '{ "format": 1, "hosts": [] }', 'or no plan file'],
    ['a plan file whose sources are gone', () => writePlanFile(planFile, {}), 'which the plan was made from'],
  ])('%s ends with 1 and says why', async (_, given, message) => {
    const path = typeof given === 'string' ? given : file('plan.json', given());
    const { exitCode, stderr } = await reconcile('apply', path);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });

  test('a plan file that is too large is told as one', async () => {
    const large = file('large.plan', '{ "kind": "reconcile/plan" }');
    truncateSync(large, 17 * 1024 * 1024);
    const { exitCode, stderr } = await reconcile('apply', large);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/too large: 17825792 bytes\n.*--limit/),
    });
  });

  test('a plan file finds its sources from its own folder, wherever it is applied', async () => {
    const lines = {
      ...planFile,
      inventory: 'closed.yaml',
      playbooks: [join(ROOT, 'playbooks/homelab.yaml')],
    };
    file('closed.yaml', CLOSED);
    const { exitCode, stderr } = await reconcile('apply', file('plan.json', writePlanFile(lines, {})));
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/^edge: /),
    });
  });

  test('a plan file is refused when another digest is expected', async () => {
    const path = file('plan.json', writePlanFile(planFile, {}));
    const { exitCode, stderr } = await reconcile('apply', path, '--expect', '1'.repeat(64));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 5, stderr: expect.stringContaining(digest) });
  });

  test('a host that cannot be reached ends with 4, also when a digest is expected', async () => {
    const closed = ['-i', file('closed.yaml', CLOSED), 'playbooks/homelab.yaml'];
    const { exitCode, stderr } = await reconcile('apply', ...closed, '--expect', digest);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('this cannot be the expected plan');
  });

  test('a pipe is refused, not waited for', async () => {
    const pipe = join(work, 'pipe');
    await execa('mkfifo', [pipe]);
    const { exitCode, stderr } = await reconcile('apply', pipe);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it is not a regular file'),
    });
  });
});

describe('plan', () => {
  const home = ['-i', 'inventories/homelab.yaml', 'playbooks/homelab.yaml'];
  const closed = () => ['-i', file('closed.yaml', CLOSED), 'playbooks/homelab.yaml'];

  test.each([
    [['--limit', ''], 'the pattern names nothing'],
    [['--limit', '!edge'], 'leaves no host of these playbooks'],
  ])('%s ends with 1 before any host is asked', async (options, message) => {
    const { exitCode, stdout, stderr } = await reconcile('plan', ...home, ...options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a host that cannot be reached ends with 4, and nobody is told that there is nothing to do', async () => {
    const { exitCode, stdout } = await reconcile('plan', ...closed());
    expect(exitCode).toBe(4);
    expect(stdout).toContain('nothing is planned');
    expect(stdout).not.toContain('Nothing to do');
  });

  test('without any host seen, --out writes nothing and says so', async () => {
    const out = join(work, 'unseen.plan');
    const { exitCode, stderr } = await reconcile('plan', ...closed(), '--out', out);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${out} is not written: no host could be looked at`);
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ['/nowhere/plan', 'there is no folder /nowhere'],
    [work, 'it is there and is no regular file'],
    ['', 'it names no file'],
  ])('--out %s ends with 1 before any host is asked', async (out, message) => {
    const { exitCode, stdout, stderr } = await reconcile('plan', ...closed(), '--out', out);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('--out never takes the place of an inventory', async () => {
    const [, inventory = ''] = closed();
    const before = readFileSync(inventory, 'utf8');
    const { exitCode, stderr } = await reconcile('plan', ...closed(), '--out', inventory);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is what the plan is made from'),
    });
    expect(readFileSync(inventory, 'utf8')).toBe(before);
  });

  test('an ssh configuration that is missing ends with 1', async () => {
    const { exitCode, stderr } = await reconcile('plan', '-F', '/nowhere', ...closed());
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Can't open user config file /nowhere");
  });

  test('--out never takes the place of a device or a pipe', async () => {
    const pipe = join(work, 'out');
    await execa('mkfifo', [pipe]);
    const { exitCode, stderr } = await reconcile('plan', ...closed(), '--out', pipe);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it is there and is no regular file');
    expect(statSync(pipe).isFIFO()).toBe(true);
  });
});

describe('verbs of rotation', () => {
  const home = ['-i', 'inventories/homelab.yaml', 'playbooks/homelab.yaml'];
  const closed = () => [
    '-i',
    file('far.yaml', 'all: { hosts: { edge: { ansible_host: 127.0.0.1, ansible_port: 9 } } }'),
    'playbooks/homelab.yaml',
  ];

  test.each(['rotate', 'finalize', 'cancel', 'verify', 'history'])(
    '%s of a host that cannot be reached ends with 4 and says so',
    async (verb) => {
      const { exitCode, stderr } = await reconcile(verb, ...closed());
      expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: expect.stringContaining('edge: ') });
    },
  );

  test.each(['rotate', 'verify'])('%s of a service that nobody has ends with 1', async (verb) => {
    const { exitCode, stdout, stderr } = await reconcile(verb, ...closed(), '--service', 'nobody');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 1 });
    expect(stderr).toContain('--service: these hosts have no service "nobody"');
    expect(stderr).toMatch(/mend: the services are \S/);
  });

  test.each([
    ['empty', '', '""'],
    ['of control characters', '\u001b[31m\n', '"\\u001b[31m\\n"'],
    ['huge', 'x'.repeat(100_000), `"${'x'.repeat(59)}…`],
  ])('a name that is %s is shown in one short line', async (_, name, shown) => {
    for (const option of ['--service', '--client']) {
      const { exitCode, stderr } = await reconcile('rotate', ...closed(), option, name);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`${shown}\n  mend: `);
    }
  });

  test('a bundle that could not be written is refused before anybody is asked for a key', async () => {
    const { exitCode, stderr } = await reconcile('bundle', 'desktop', ...closed(), '--out', '/nonexistent/x');
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'reconcile: /nonexistent/x cannot be written: there is no folder /nonexistent\n  mend: give a path that can be written',
    );
  });

  test.each([
    ['without a backup', []],
    ['with two', ['server.toml.20260102_030405', '/etc/rathole/backups/server.toml.20260102_030406']],
    ['with one and --last', ['server.toml.20260102_030405', '--last']],
  ])('restore %s ends with 1', async (_, more) => {
    const { exitCode, stderr } = await reconcile('restore', ...home, ...more);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('one backup and the playbooks are needed');
  });
});

describe('usage', () => {
  test.each([[['--help']], [['validate', '--help']], [['--version']]])('%s ends with 0', async (args) => {
    const { exitCode, stdout } = await reconcile(...args);
    expect(exitCode).toBe(0);
    expect(stdout).not.toBe('');
  });

  test.each([
    [['validate']],
    [['validate', '-i', 'inventories/homelab.yaml']],
    [['nothing']],
    [['validate', '--format', 'xml', '-i', 'x', 'y']],
    [['inventory', '-i', '/nowhere']],
    [['inventory', '-i', 'inventories/homelab.yaml', '-i', 'inventories/fleet']],
    [['inventory', '-i', 'inventories/homelab.yaml', '--graph', '--host', 'edge']],
    [['apply', '-i', 'inventories/homelab.yaml', 'playbooks/homelab.yaml', '--expect', 'deadbeef']],
  ])('%s ends with 1 and says why', async (args) => {
    const { exitCode, stderr } = await reconcile(...args);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\S/);
  });

  test('a current folder that is gone is no bug', async () => {
    file('closed.yaml', CLOSED);
    const command = `mkdir gone && cd gone && rmdir ../gone && node ${built('bin.cjs')} inventory -i ../closed.yaml`;
    const { exitCode, stderr } = await execa('sh', ['-c', command], { cwd: work, reject: false });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('folder is gone'),
    });
  });

  test('a folder with far too much in it is not read', async () => {
    const many = join(work, 'many');
    mkdirSync(many);
    for (let at = 0; at <= 10_000; at++) writeFileSync(join(many, `${at}.yaml`), '');
    const { exitCode, stderr } = await reconcile('inventory', '-i', many);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it holds more than 10000 files'),
    });
  });

  test('a host that cannot be reached is said to be, and nothing is well', async () => {
    const nowhere = file(
      'nowhere.yaml',
      'all:\n  hosts:\n    edge: { ansible_host: 127.0.0.1, ansible_port: 9 }\n',
    );
    const playbook = file(
      'one.yaml',
      (await text('playbooks/homelab.yaml')).replace(/hosts: .*/, 'hosts: edge'),
    );
    const json = await reconcile('status', '--format', 'json', '-i', nowhere, playbook);
    expect(json.exitCode).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject({ hosts: [], unseen: [{ host: 'edge' }] });
    const plain = await reconcile('status', '-i', nowhere, playbook);
    expect(plain).toMatchObject({ exitCode: 4, stdout: 'No host could be looked at: nothing is known.' });
    expect(plain.stderr).toMatch(/^edge: .*\n {2}mend: /);
  });

  test('a message moves no cursor', async () => {
    const { stderr } = await reconcile('inventory', '-i', 'inventories/homelab.yaml', '--host', '\u001b[2J');
    expect(stderr).toContain('there is no host "\\u001b[2J"');
  });

  test('a full disk is said, without a trace', async () => {
    const { exitCode, stderr } = await execa(
      `node ${built('bin.cjs')} inventory -i inventories/fleet > /dev/full`,
      { cwd: ROOT, shell: true, reject: false },
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'reconcile: the output cannot be written: ENOSPC: no space left on device, write',
    });
  });

  test('a reader that goes away early is no error', async () => {
    const { stdout, stderr } = await execa(
      `node ${built('bin.cjs')} inventory -i inventories/fleet | head -1`,
      {
        cwd: ROOT,
        shell: true,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });
});

describe('start', () => {
  test('V8 takes what the build has made of the bundle', () => {
    const source = wrap(readFileSync(built('main.cjs'), 'latin1'));
    const { cachedDataRejected } = new Script(source, { cachedData: readFileSync(built('main.cache')) });
    expect(cachedDataRejected).toBe(false);
  });

  test.each([
    ['missing', undefined],
    ['empty', () => Buffer.alloc(0)],
    ['torn', () => readFileSync(built('main.cache')).subarray(0, -1)],
    [
      'made by another V8',
      () => Buffer.concat([Buffer.alloc(8), readFileSync(built('main.cache')).subarray(8)]),
    ],
  ])('without it the bundle starts all the same: it is %s', async (name, cache) => {
    const folder = join(work, name);
    mkdirSync(folder);
    for (const part of ['bin.cjs', 'main.cjs']) copyFileSync(built(part), join(folder, part));
    if (cache !== undefined) writeFileSync(join(folder, 'main.cache'), cache());
    const { exitCode, stdout, stderr } = await execa('node', [join(folder, 'bin.cjs'), '--version']);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '0.1.0', stderr: '' });
  });
});

async function text(path: string): Promise<string> {
  const { stdout } = await execa('cat', [path], { cwd: ROOT });
  return `${stdout}\n`;
}
