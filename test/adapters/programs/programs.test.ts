import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashOf } from '../../../src/adapters/programs/hash.ts';
import { programs } from '../../../src/adapters/programs/programs.ts';
import { type ProgramSource, programSources } from '../../../src/adapters/programs/source.ts';
import type { Desired } from '../../../src/model/desired.ts';

const PROGRAM = strToU8('#!/bin/sh\necho rathole 0.5.0\n');
const SHA256 = hashOf(PROGRAM);
const SOURCE: ProgramSource = { sha256: SHA256, version: '0.5.0', architecture: 'x86_64' };
const PATH = '/v0.5.0/rathole-x86_64-unknown-linux-gnu.zip';

let folder: string;
let releases: string;
let files: Record<string, Uint8Array>;
let asked: string[];

const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push(path);
  const file = files[path];
  if (path.startsWith('/moved')) response.writeHead(302, { location: path.slice('/moved'.length) }).end();
  else if (file === undefined) response.writeHead(404).end('nothing here');
  else response.end(file);
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
  files = { [PATH]: zipSync({ rathole: PROGRAM }) };
  asked = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releases = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const cacheFolder = () => join(folder, 'cache');
const here = (...sources: ProgramSource[]) => programs(sources, { cacheFolder: cacheFolder(), releases });
const text = async (reading: Promise<Uint8Array>) => Buffer.from(await reading).toString();

test('a release is downloaded once, and then comes from the cache', async () => {
  const first = here(SOURCE);
  const both = await Promise.all([text(first.read(SHA256)), text(first.read(SHA256))]);
  expect(new Set(both)).toEqual(new Set(['#!/bin/sh\necho rathole 0.5.0\n']));
  expect(await text(here(SOURCE).read(SHA256))).toBe(both[0]);
  expect(asked).toEqual([PATH]);
  expect(readdirSync(cacheFolder())).toEqual([SHA256]);
});

test('a redirect is followed, as releases have one', async () => {
  releases += '/moved';
  expect(await text(here(SOURCE).read(SHA256))).toContain('rathole 0.5.0');
});

test('a damaged cache entry is replaced', async () => {
  mkdirSync(cacheFolder());
  writeFileSync(join(cacheFolder(), SHA256), 'damaged');
  expect(await text(here(SOURCE).read(SHA256))).toContain('rathole 0.5.0');
  expect(readFileSync(join(cacheFolder(), SHA256), 'utf8')).toContain('rathole 0.5.0');
});

test('a cache that cannot be written costs nothing but the cache', async () => {
  writeFileSync(cacheFolder(), 'a file where the folder should be');
  expect(await text(here(SOURCE).read(SHA256))).toContain('rathole 0.5.0');
});

test('a program by path needs neither network nor cache', async () => {
  const binary = join(folder, 'rathole');
  writeFileSync(binary, PROGRAM);
  expect(await text(here({ ...SOURCE, binary }).read(SHA256))).toContain('rathole 0.5.0');
  expect(asked).toEqual([]);
});

test.each([
  ['from a release', () => SOURCE],
  ['by path', () => ({ ...SOURCE, binary: join(folder, 'other') })],
])('a program %s that is not the pinned one is refused, with both hashes', async (_, source) => {
  const other = strToU8('something else');
  writeFileSync(join(folder, 'other'), other);
  files[PATH] = zipSync({ rathole: other });
  await expect(here(source()).read(SHA256)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(new RegExp(`has the SHA-256 ${hashOf(other)}, but ${SHA256} is pinned`)),
  });
  expect(readdirSync(folder)).not.toContain('cache');
});

test.each([
  ['an answer of 404', () => delete files[PATH], /the answer was 404/],
  ['no zip file', () => (files[PATH] = strToU8('<html>')), /not a whole zip file/],
  ['a zip without rathole', () => (files[PATH] = zipSync({ other: PROGRAM })), /no file named rathole/],
  ['nobody there', () => (releases = 'http://127.0.0.1:1'), /ECONNREFUSED|bad port/],
])('%s is told as what it is', async (_, arrange, reason) => {
  arrange();
  await expect(here(SOURCE).read(SHA256)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringMatching(reason),
    remedy: expect.stringContaining('rathole.binary'),
  });
});

test.each([
  ['a file that is not there', { binary: '/nonexistent/rathole' }, /\/nonexistent\/rathole cannot be read/],
  ['an architecture without a release', { architecture: 'riscv64' }, /no release file for riscv64/],
])('%s is told as what it is', async (_, changed, reason) => {
  await expect(here({ ...SOURCE, ...changed }).read(SHA256)).rejects.toThrow(reason);
});

test('a program that nobody pins is not looked for', async () => {
  await expect(here().read(SHA256)).rejects.toThrow('no playbook pins a program');
});

test('sources come from every pinned hash of every server', () => {
  const rathole = { version: '0.5.0', sha256: { x86_64: 'a', aarch64: 'b' } };
  const servers = [{ rathole }, { rathole: { version: '0.6.0', sha256: 'c', binary: '/b' } }];
  expect(programSources({ servers, clients: [], clientHosts: [] } as unknown as Desired)).toEqual([
    { sha256: 'a', version: '0.5.0', architecture: 'x86_64' },
    { sha256: 'b', version: '0.5.0', architecture: 'aarch64' },
    { sha256: 'c', version: '0.6.0', architecture: 'x86_64', binary: '/b' },
  ]);
});

test('of several pinned hashes a file stands for its own, and the others are downloaded', async () => {
  const binary = join(folder, 'rathole');
  writeFileSync(binary, strToU8('built here'));
  const own = hashOf(strToU8('built here'));
  const rathole = { version: '0.5.0', sha256: { aarch64: own, x86_64: SHA256 }, binary };
  const sources = programSources({
    servers: [{ rathole }],
    clients: [],
    clientHosts: [],
  } as unknown as Desired);
  expect(sources).toEqual([{ sha256: own, version: '0.5.0', architecture: 'aarch64', binary }, SOURCE]);
  expect(await text(here(...sources).read(own))).toBe('built here');
  expect(asked).toEqual([]);
  expect(await text(here(...sources).read(SHA256))).toContain('rathole 0.5.0');
  expect(asked).toEqual([PATH]);
});

test('a file that is none of several pinned programs is refused for each of them', async () => {
  const binary = join(folder, 'rathole');
  writeFileSync(binary, strToU8('built by somebody'));
  const rathole = { version: '0.5.0', sha256: { aarch64: 'a'.repeat(64), x86_64: SHA256 }, binary };
  const sources = programSources({
    servers: [{ rathole }],
    clients: [],
    clientHosts: [],
  } as unknown as Desired);
  await expect(here(...sources).read(SHA256)).rejects.toThrow('is pinned');
  expect(asked).toEqual([]);
});
