import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseObservation } from '../../src/facts/index.ts';
import { ATTENTION_RULES, type Status } from '../../src/model/status.ts';
import { status } from '../../src/planner/status/index.ts';
import { statusJson } from '../../src/render/status-json.ts';
import { statusText } from '../../src/render/status-text.ts';
import { DNS, desired, SSH, server, service } from '../planner/desired.ts';
import { STATUSES } from './statuses.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schemas/status.schema.json'), 'utf8'),
);
const validate = new Ajv2020({ allErrors: true }).compile(schema);
const CAPTURED = join(import.meta.dirname, '../facts/captured');

/** What a playbook of these services makes of each captured host. */
const web = service('web', { bind: { address: '0.0.0.0', port: 8080 } });
const wanted = desired(server({ services: [DNS, SSH, web] }));
const captured = readdirSync(CAPTURED).map((name): [string, Status] => {
  const facts = parseObservation(readFileSync(join(CAPTURED, name), 'utf8'));
  return [`captured-${name.replace(/\.txt$/, '')}`, status(wanted, [{ host: 'vps1', facts }])];
});
const statuses = [...Object.entries(STATUSES), ...captured];

describe('as text', () => {
  test.each(statuses)('%s', async (name, found) => {
    await expect(statusText(found, 0)).toMatchFileSnapshot(`expected/status/${name}.txt`);
  });

  test.each([
    ['well', 0, '1 host, 1 client, 1 service: all is well.'],
    ['well', 1, '2 hosts (1 not looked at), 1 client, 1 service: all is well where it could be seen.'],
    [
      'troubled',
      2,
      '4 hosts (2 not looked at), 4 clients, 4 services: 3 things to look at. 1 host could not be read.',
    ],
    ['empty', 1, 'No host could be looked at: nothing is known.'],
  ])('%s, and %i hosts unseen: the last line says so', (name, unseen, line) => {
    expect(
      statusText(STATUSES[name] as Status, unseen)
        .trimEnd()
        .split('\n')
        .at(-1),
    ).toBe(line);
  });

  test('a client and a service that two hosts of a tunnel have are counted once', () => {
    const [host] = STATUSES['well']?.hosts ?? [];
    if (host === undefined) throw new Error('there is no host');
    const twice = { hosts: [host, { ...host, host: 'edge2' }], refused: [] };
    expect(statusText(twice, 0)).toContain('2 hosts, 1 client, 1 service: all is well.');
  });

  test('all is well with a client that has not come yet, and it is said', () => {
    const text = JSON.stringify(STATUSES['well']).replace('"state":"current"', '"state":"never"');
    expect(statusText(JSON.parse(text), 0)).toContain('all is well; 1 client never polled yet.');
  });

  test('moves no cursor', () => {
    const text = JSON.stringify(STATUSES['troubled']).replaceAll('straggler', 'x\\u001b[2J\\ny');
    expect(statusText(JSON.parse(text), 0)).not.toContain('\u001b');
  });
});

describe('as JSON', () => {
  const unseen = [{ host: 'vps9', message: 'no route', remedy: 'switch it on' }];

  test.each(statuses)('%s fits the published schema', (_, found) => {
    expect(validate(JSON.parse(statusJson(found, unseen))) ? [] : validate.errors).toEqual([]);
  });

  test('no other key is let through, at any depth', () => {
    const json = JSON.parse(statusJson(STATUSES['troubled'] as Status, unseen));
    const objects = [json, json.unseen[0], ...json.hosts.flatMap(objectsIn)];
    for (const each of objects) {
      each.more = 1;
      expect(validate(json), JSON.stringify(each)).toBe(false);
      delete each.more;
    }
    expect(validate(json)).toBe(true);
  });

  test('what could not be seen and what could not be read stand together', () => {
    const { unseen: all } = JSON.parse(statusJson(STATUSES['troubled'] as Status, unseen));
    expect(all).toEqual([...unseen, { host: 'vps3', message: 'ss could not run', remedy: 'Install it.' }]);
  });

  test("the names of what calls attention are the program's", () => {
    expect(schema.$defs.attention.properties.rule.enum).toEqual(Object.keys(ATTENTION_RULES));
  });
});

/** Every object in a value, itself included; arrays are none. */
function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}
