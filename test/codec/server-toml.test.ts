import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../src/codec/address.ts';
import { pendingNames } from '../../src/codec/pending.ts';
import { maskSecrets, secretsOf, showFingerprints } from '../../src/codec/placeholder.ts';
import { parseServerFile } from '../../src/codec/server-toml.ts';

describe('server.toml', () => {
  test('its settings are equal in whatever order they are written', () => {
    const one = parseServerFile('[server]\nbind_addr = "a"\nheartbeat_interval = 30\n[server.services]\n');
    const two = parseServerFile('[server.services]\n[server]\nheartbeat_interval = 30\nbind_addr = "a"\n');
    expect(one).toEqual(two);
  });

  test('its services are told by their tables', () => {
    const text =
      '[server.services."ssh.g1"]\ntype = "udp"\nbind_addr = "[::1]:53"\nnodelay = true\ntoken = "t"\n';
    expect(parseServerFile(text)).toMatchObject({
      services: [
        { name: 'ssh.g1', protocol: 'udp', bind: { address: '::1', port: 53 }, nodelay: true, token: 't' },
      ],
    });
  });

  test('what rathole would accept and is no address is none', () => {
    const text = '[server.services.a]\ntoken = ""\nbind_addr = "nonsense"\n';
    expect(parseServerFile(text)).toMatchObject({ services: [{ bind: undefined, token: '' }] });
  });

  test.each(['[server', 'server = 1\nserver = 2', 'a = "\u0000"'])('%j is not TOML', (text) => {
    expect(parseServerFile(text)).toHaveProperty('error');
  });
});

test.each(['127.0.0.1:22', '[::1]:80', 'host.example:1', '0.0.0.0:65535'])('%s is an address', (text) => {
  const address = parseAddress(text);
  expect(address && formatAddress(address)).toBe(text);
});

test.each(['', '127.0.0.1', ':22', '::1:80', '1.2.3.4:65536', '1.2.3.4:x'])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

describe('the pending file', () => {
  test('names what is staged', () => {
    const text = '{"generated": 1, "finalize_at": 2, "tokens": {"ssh.g2": "x"}, "services": {"ssh": {}}}';
    expect(pendingNames(text)).toEqual(['ssh', 'ssh.g2']);
  });

  test.each(['', '[]', '{}', '{"tokens": ', 'null'])('%j is none', (text) => {
    expect(pendingNames(text)).toBeUndefined();
  });
});

describe('placeholders', () => {
  const text = 'a = "{{token ssh g1}}"\nb = "{{token dns g2}}"\n';
  test('are masked and listed in their order', () => {
    expect(maskSecrets(text)).toBe('a = "{{secret}}"\nb = "{{secret}}"\n');
    expect(secretsOf(text)).toEqual(['ssh g1', 'dns g2']);
  });

  test('show the fingerprint where one is known', () => {
    expect(showFingerprints(text, new Map([['ssh g1', 'abcdef12']]))).toBe(
      'a = "{{fingerprint abcdef12}}"\nb = "{{token dns g2}}"\n',
    );
  });
});
