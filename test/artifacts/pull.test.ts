import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyMap } from '../../src/artifacts/pull/key-map.ts';
import { pullHttp, pullLocations } from '../../src/artifacts/pull/nginx.ts';
import { PUBLISH } from '../../src/artifacts/pull/publish.ts';

describe("nginx's part", () => {
  test('the map denies by default and names keys by placeholders', () => {
    expect(keyMap([{ client: 'desktop', number: 3 }])).toBe(
      `# Made by reconcile. Change the playbook: the next apply undoes an edit here.
map $http_x_api_key $rk_0 {
  default "";
  "{{key desktop k3}}" desktop.k3;
}
map $uri $reconcile_key {
  default "$rk_0";
}
`,
    );
  });

  test.each(['a"b', 'a;b', 'a b', 'a}b'])('a client named %j cannot break out of the map', (client) => {
    const map = keyMap([{ client, number: 1 }]);
    expect(map.split('\n')).toHaveLength(9);
    expect(map).toContain(`"${`${client}.k1`.replaceAll('"', '\\"')}";`);
  });

  test('neither text holds a key or logs one', () => {
    expect(pullHttp()).not.toMatch(/log_format[^;]*x_api_key/);
    expect(pullLocations().match(/location = /g)).toHaveLength(3);
    expect(pullLocations().match(/if \(\$reconcile_client = ""\) \{ return 418; \}/g)).toHaveLength(3);
  });
});

describe.each([['dash'], ['bash']])('publishing a file, in %s', (shell) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reconcile-publish-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const group = execFileSync('id', ['-g'], { encoding: 'utf8' }).trim();
  const publish = (text: string) => {
    writeFileSync(join(folder, 'new'), text);
    const script = `set -eu\n${PUBLISH}\ncd "$1"\nseal new\npublish new file "$2"\n`;
    execFileSync(shell, ['-c', script, shell, folder, group]);
    return statSync(join(folder, 'file'));
  };

  test('the seal is the SHA-256 of all before it', () => {
    publish('a = 1\n');
    const text = readFileSync(join(folder, 'file'), 'utf8');
    const expected = execFileSync('sha256sum', { input: 'a = 1\n', encoding: 'utf8' }).slice(0, 64);
    expect(text).toBe(`a = 1\n# reconcile sha256 ${expected}\n`);
  });

  test('each new text has a later second than the one before, also within one second', () => {
    const times = ['a', 'b', 'c', 'd'].map((text) => Math.floor(publish(text).mtimeMs / 1000));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  test('an unchanged text is left alone, for nginx’s group alone to read', () => {
    const first = publish('same');
    const second = publish('same');
    expect([second.ino, second.mtimeMs]).toEqual([first.ino, first.mtimeMs]);
    expect(first.mode & 0o777).toBe(0o640);
  });
});
