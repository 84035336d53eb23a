import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { judge, knownTypes, lookupNames, parseKnownHosts } from '../../src/adapters/known-hosts.ts';

/** A key in SSH's wire format: its type, then anything. */
function key(type: string, body: string): Buffer {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(body)]);
}

const ONE = key('ssh-ed25519', 'one');
const TWO = key('ssh-ed25519', 'two');
const RSA = key('ssh-rsa', 'rsa');
const base64 = (bytes: Buffer) => bytes.toString('base64');
const hashed = (name: string) => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

test.each([
  ['its name', `edge.test ssh-ed25519 ${base64(ONE)}`, 'known'],
  ['its name among others, in capitals', `a,EDGE.test,b ssh-ed25519 ${base64(ONE)} comment`, 'known'],
  ['a pattern', `*.t?st ssh-ed25519 ${base64(ONE)}`, 'known'],
  ['a pattern that a negation takes back', `*.test,!edge.test ssh-ed25519 ${base64(ONE)}`, 'unknown'],
  ['a longer name', `edge.test.org ssh-ed25519 ${base64(ONE)}`, 'unknown'],
  ['a dot that is no wildcard', `edgeXtest ssh-ed25519 ${base64(ONE)}`, 'unknown'],
  ['its hashed name', `${hashed('edge.test')} ssh-ed25519 ${base64(ONE)}`, 'known'],
  ['another hashed name', `${hashed('other.test')} ssh-ed25519 ${base64(ONE)}`, 'unknown'],
  ['another key', `edge.test ssh-ed25519 ${base64(TWO)}`, 'changed'],
  ['a key of another type', `edge.test ssh-rsa ${base64(RSA)}`, 'changed'],
  ['one of several keys', `edge.test ssh-rsa ${base64(RSA)}\nedge.test ssh-ed25519 ${base64(ONE)}`, 'known'],
  ['a commented line', `# edge.test ssh-ed25519 ${base64(ONE)}`, 'unknown'],
  ['half a line', 'edge.test ssh-ed25519', 'unknown'],
  ['a revoked key', `edge.test ssh-ed25519 ${base64(ONE)}\n@revoked * ssh-ed25519 ${base64(ONE)}`, 'revoked'],
  [
    'another revoked key',
    `edge.test ssh-ed25519 ${base64(ONE)}\n@revoked * ssh-ed25519 ${base64(TWO)}`,
    'known',
  ],
  ['an authority', `@cert-authority * ssh-ed25519 ${base64(ONE)}`, 'unknown'],
])('known_hosts with %s', (_, text, verdict) => {
  expect(judge(parseKnownHosts(text, 'kh'), ['edge.test'], ONE).kind).toBe(verdict);
});

test('another port has a name of its own, which comes first', () => {
  const names = lookupNames('Edge.test', 2222, undefined);
  const text = `edge.test ssh-ed25519 ${base64(TWO)}\n[edge.test]:2222 ssh-ed25519 ${base64(ONE)}`;
  expect(judge(parseKnownHosts(text, 'kh'), names, ONE).kind).toBe('known');
  expect(judge(parseKnownHosts(text, 'kh'), names, TWO).kind).toBe('changed');
  expect(judge(parseKnownHosts(text, 'kh'), lookupNames('edge.test', 22, undefined), TWO).kind).toBe('known');
});

test('an alias stands for name and port', () => {
  expect(lookupNames('edge.test', 2222, 'The-Edge')).toEqual(['the-edge']);
});

test('the types by which a host is known leave out marked lines', () => {
  const text = `edge.test ssh-rsa ${base64(RSA)}\n@cert-authority * ssh-ed25519 ${base64(ONE)}`;
  expect(knownTypes(parseKnownHosts(text, 'kh'), ['edge.test'])).toEqual(['ssh-rsa']);
});
