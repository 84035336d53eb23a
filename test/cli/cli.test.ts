import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'reconcile-cli-'));

// Each test starts the program, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

/** The program as it is shipped, built anew so that no older build answers. */
beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build', '--', `--outdir=${work}/dist`], { cwd: ROOT });
  writeFileSync(join(work, 'dist', 'package.json'), '{ "type": "module" }');
}, 60_000);
afterAll(() => rmSync(work, { recursive: true }));

const reconcile = (...args: string[]) =>
  execa('node', [join(work, 'dist', 'main.js'), ...args], { cwd: ROOT, reject: false });

function file(name: string, text: string): string {
  const path = join(work, name);
  writeFileSync(path, text);
  return path;
}

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
  const planFile = { kind: 'reconcile/plan', version: 1, digest, inventory: 'i', playbooks: ['p'] };

  test.each([
    ['a missing file', '/nowhere', '/nowhere cannot be read: no such file or directory'],
    ['a folder', work, 'it is not a regular file'],
    ['a cut plan file', () => JSON.stringify(planFile).slice(0, -9), 'but not a whole one'],
    [
      'a plan file without playbooks',
      () => JSON.stringify({ ...planFile, playbooks: [] }),
      'not a whole one',
    ],
    ['a digest that is none', () => JSON.stringify({ ...planFile, digest: '\u001b[2J' }), 'not a whole one'],
    ['a playbook alone', () => 'tunnels: {}', 'playbooks need an inventory'],
  ])('%s ends with 1 and says why', async (_, given, message) => {
    const path = typeof given === 'string' ? given : file('plan.json', given());
    const { exitCode, stderr } = await reconcile('apply', path);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
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
  const closed = () => [
    '-i',
    file('closed.yaml', 'all: { hosts: { edge: { ansible_host: 127.0.0.1, ansible_port: 9 } } }'),
    'playbooks/homelab.yaml',
  ];

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
    [['inventory', '-i', 'inventories/homelab.yaml', '--graph', '--host', 'edge']],
    [['apply', '-i', 'inventories/homelab.yaml', 'playbooks/homelab.yaml', '--expect', 'deadbeef']],
  ])('%s ends with 1 and says why', async (args) => {
    const { exitCode, stderr } = await reconcile(...args);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\S/);
  });

  test('a message moves no cursor', async () => {
    const { stderr } = await reconcile('inventory', '-i', 'inventories/homelab.yaml', '--host', '\u001b[2J');
    expect(stderr).toContain('there is no host "\\u001b[2J"');
  });

  test('a full disk is said, without a trace', async () => {
    const { exitCode, stderr } = await execa(
      `node ${join(work, 'dist', 'main.js')} inventory -i inventories/fleet > /dev/full`,
      { cwd: ROOT, shell: true, reject: false },
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'reconcile: the output cannot be written: ENOSPC: no space left on device, write',
    });
  });

  test('a reader that goes away early is no error', async () => {
    const { stdout, stderr } = await execa(
      `node ${join(work, 'dist', 'main.js')} inventory -i inventories/fleet | head -1`,
      {
        cwd: ROOT,
        shell: true,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });
});

async function text(path: string): Promise<string> {
  const { stdout } = await execa('cat', [path], { cwd: ROOT });
  return `${stdout}\n`;
}
