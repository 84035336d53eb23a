import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { configText, launch } from './harness/rathole.ts';
import { type Services, type Site, test } from './harness/site.ts';

const before: Services = { first: { port: 5000, token: 't' } };
const after: Services = { ...before, second: { port: 5001, token: 't' } };

const textOf = (site: Site, services: Services): string => configText(site.serverConfig(services));

/** Runs a shell command in the config's folder, where the new text waits in `$NEW`, outside of it. */
function shell(site: Site, path: string, command: string): void {
  const next = join(site.folder, 'new.toml');
  writeFileSync(next, textOf(site, after));
  execFileSync('sh', ['-euc', command], { cwd: dirname(path), env: { ...process.env, NEW: next } });
}

/** Whether the running server took the second service. */
const took = (log: string): boolean => /Service change detected.*second/.test(log);

describe.concurrent('what the watcher sees', () => {
  test.for([
    ['a move within the folder', 'cp "$NEW" next && mv next server.toml'],
    ['a copy onto it', 'cp "$NEW" server.toml'],
    ['a redirection', 'cat "$NEW" > server.toml'],
    ['sed -i', `sed -i '$r '"$NEW"'' server.toml && sed -i '1,/^token/d' server.toml`],
    ['a symlink renamed onto it', 'ln -s "$NEW" link && mv -T link server.toml'],
  ] as const)('%s', async ([, command], { site }) => {
    const server = await site.server(site.serverConfig(before));
    shell(site, server.path, command);
    await server.logged('Rescan the configuration');
    const deadline = performance.now() + 2000;
    while (!took(server.log) && performance.now() < deadline) await sleep(5);
    expect(server.log).toMatch(/Service change detected.*second/);
  });

  test('never a write to the target of a symlink', async ({ site }) => {
    const folder = join(site.folder, 'conf');
    mkdirSync(folder);
    const target = join(site.folder, 'target.toml');
    writeFileSync(target, textOf(site, before));
    symlinkSync(target, join(folder, 'server.toml'));
    const server = launch(join(folder, 'server.toml'), ['--server']);
    site.onClose(() => server.stop());
    await server.logged('Start watching the config');
    writeFileSync(target, textOf(site, after));
    await sleep(500);
    expect(server.log).not.toContain('Rescan');
  });

  test('never a swapped symlink to the folder', async ({ site }) => {
    for (const [name, services] of [
      ['one', before],
      ['two', after],
    ] as const) {
      mkdirSync(join(site.folder, name));
      writeFileSync(join(site.folder, name, 'server.toml'), textOf(site, services));
    }
    const link = join(site.folder, 'current');
    symlinkSync('one', link);
    const server = launch(join(link, 'server.toml'), ['--server']);
    site.onClose(() => server.stop());
    await server.logged('Start watching the config');
    execFileSync('sh', ['-euc', 'ln -s two next && mv -T next current'], { cwd: site.folder });
    await sleep(500);
    expect(server.log).not.toContain('Rescan');
  });

  test.for([
    ['a move from another folder', 'mv "$NEW" server.toml'],
    ['a removal', 'rm server.toml'],
    ['a hard link', 'rm server.toml; sleep 0.1; ln "$NEW" server.toml'],
    ['a new symlink', 'rm server.toml; sleep 0.1; ln -s "$NEW" server.toml'],
  ] as const)('never %s', async ([, command], { site }) => {
    const server = await site.server(site.serverConfig(before));
    shell(site, server.path, command);
    await sleep(500);
    expect(server.log).not.toContain('Rescan');
    expect(server.running).toBe(true);
  });
});

describe.concurrent('a config that is partly there', () => {
  test('is loaded when it parses: services whose text is still missing are deleted', async ({ site }) => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`s${i}`, { port: 5100 + i, token: 't' }] as const),
    );
    const whole = textOf(site, many);
    const server = await site.server(whole);
    const cut = whole.indexOf('[server.services.s25]');
    writeFileSync(server.path, whole.slice(0, cut));
    await sleep(200);
    appendFileSync(server.path, whole.slice(cut));
    await sleep(300);
    const deleted = (server.log.match(/Service change detected.*[Dd]elete/g) ?? []).length;
    expect(deleted).toBeGreaterThanOrEqual(25);
  });

  test('never happens with a rename in the same folder', async ({ site }) => {
    const server = await site.server(site.serverConfig(after));
    for (let turn = 0; turn < 100; turn += 1) {
      server.rewrite(site.serverConfig(after, { heartbeat_interval: 30 }));
      await sleep(2);
    }
    await sleep(200);
    expect(server.log).toContain('Rescan');
    expect(server.log).not.toMatch(/Service change detected|invalid/);
  });
});
