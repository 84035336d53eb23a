import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { certificates } from '../../src/facts/certificates.ts';

/** A certificate signed by its own key, as the host prints a file. */
function certificate(path: string, ...more: readonly string[]): string[] {
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '90'];
  const pem = execFileSync('openssl', ['req', ...options, '-subj', '/CN=test', '-keyout', '-', ...more], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return [`file ${path}`, ...pem.split('\n').map((line) => `pem ${line}`)];
}

test('a certificate has an end and names, the first of a file counts', () => {
  const names = 'subjectAltName=DNS:edge.example,DNS:*.example,IP:192.0.2.1,IP:2001:db8::1';
  const leaf = certificate('/leaf.pem', '-addext', names);
  const found = certificates.parse([...certificate('/ca.pem'), ...leaf, ...certificate('').slice(1)]);
  const days = (path: string) => Math.round(((found[path]?.expires ?? 0) - Date.now() / 1000) / 86_400);
  expect(days('/ca.pem')).toBe(90);
  expect(days('/leaf.pem')).toBe(90);
  expect(found['/ca.pem']?.names).toEqual([]);
  expect(found['/leaf.pem']?.names).toEqual([
    'edge.example',
    '*.example',
    '192.0.2.1',
    '2001:DB8:0:0:0:0:0:1',
  ]);
});

test('no file is no certificate, and another text is an error', () => {
  expect(certificates.parse([])).toEqual({});
  expect(() => certificates.parse(['file /leaf.pem', 'pem nothing'])).toThrow(
    '/leaf.pem holds no certificate',
  );
});
