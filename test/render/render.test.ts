import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { Unseen } from '../../src/execute/observe.ts';
import { ReconcileError } from '../../src/model/errors.ts';
import { CONSENTS, type Plan } from '../../src/model/plan.ts';
import { planJson } from '../../src/render/plan-json.ts';
import { planMarkdown } from '../../src/render/plan-markdown.ts';
import { planText } from '../../src/render/plan-text.ts';
import { hostile, PLANS } from './plans.ts';

const plain = { colour: false, full: false } as const;
const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/plan.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true }).compile(schema);
const plans = Object.entries(PLANS);

describe('as text', () => {
  test.each(plans)('%s', async (name, plan) => {
    await expect(planText(plan, [], plain)).toMatchFileSnapshot(`expected/${name}.txt`);
  });

  test('colours are only added', () => {
    for (const [, plan] of plans) {
      const coloured = planText(plan, [], { colour: true, full: true });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
      expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(
        planText(plan, [], { colour: false, full: true }),
      );
    }
  });

  test('the texts of new files are shown on request', () => {
    const { bare } = PLANS;
    if (bare === undefined) throw new Error('there is no such plan');
    expect(planText(bare, [], plain)).not.toContain('+proxy_timeout 365d;');
    expect(planText(bare, [], { ...plain, full: true })).toContain('+proxy_timeout 365d;');
  });
});

describe('as JSON', () => {
  test.each(plans)('%s fits the published schema', (_, plan) => {
    expect(validate(JSON.parse(planJson(plan, []))) ? [] : validate.errors).toEqual([]);
  });

  test('every kind of step that plans have is in the schema, and no other key is let through', () => {
    const json = JSON.parse(planJson(PLANS['bare'] as Plan, []));
    json.hosts[0].steps[0].more = 1;
    expect(validate(json)).toBe(false);
  });

  test('no hash of what was found leaves the host', () => {
    for (const [, plan] of plans) {
      const hashes = plan.hosts.flatMap(({ steps }) =>
        steps.flatMap((step) =>
          'expect' in step && step.expect.kind === 'sha256' ? [step.expect.sha256] : [],
        ),
      );
      for (const render of [
        planJson(plan, []),
        planMarkdown(plan, []),
        planText(plan, [], { colour: false, full: true }),
      ]) {
        expect(hashes.filter((hash) => render.includes(hash))).toEqual([]);
      }
    }
  });

  test("its consents are the program's", () => {
    expect(schema.$defs.refusal.properties.consent.enum).toEqual(CONSENTS);
  });
});

describe('as Markdown', () => {
  test.each(plans)('%s', async (name, plan) => {
    await expect(planMarkdown(plan, [])).toMatchFileSnapshot(`expected/${name}.page`);
  });

  test('a page that is full keeps what matters, and names what it leaves out', () => {
    const text = Array.from({ length: 3_000 }, (_, at) => `line ${at}\n`).join('');
    const hosts = Array.from({ length: 9 }, (_, at) => ({
      host: `vps${at}`,
      tunnel: 'home',
      changes: [{ kind: 'create' as const, target: `/etc/file${at}`, cause: 'absent', after: text }],
      steps: [],
      refusals: [{ rule: 'some-rule', message: `message ${at}`, remedy: 'Mend it.' }],
      notes: [],
      rotations: [],
    }));
    const page = planMarkdown({ digest: 'ab'.repeat(32), hosts }, []);
    expect(page.length).toBeLessThan(65_536);
    expect(page).toContain('ab'.repeat(32));
    for (const { host } of hosts) {
      expect(page).toContain(`**${host} is refused**`);
      const shown = page.includes(`</code> on ${host}</summary>`);
      const named = page.includes(`- the text of /etc/file${host.at(-1)} on ${host}\n`);
      expect([shown, named].filter(Boolean)).toHaveLength(1);
    }
  });

  test('thousands of hosts still fit, and the rest is counted', () => {
    const hosts = Array.from({ length: 5_000 }, (_, at) => ({
      host: `vps${at}`,
      tunnel: 'home',
      changes: [
        { kind: 'update' as const, target: `/etc/file${at}`, cause: 'x', before: 'a\n', after: 'b\n' },
      ],
      steps: [],
      refusals: [],
      notes: [],
      rotations: [],
    }));
    const page = planMarkdown({ digest: 'ab'.repeat(32), hosts }, []);
    expect(page.length).toBeLessThan(65_536);
    expect(page).toMatch(/- and \d{4} more\n/);
  });
});

describe('a host that could not be looked at', () => {
  const unseen: Unseen[] = [
    { host: 'vps2', error: new ReconcileError('unreachable', 'vps2 is silent', 'Is it up?') },
  ];
  const settled = PLANS['settled'] as Plan;
  const nothing: Plan = { digest: 'ab'.repeat(32), hosts: [] };

  test('is counted in each format, beside hosts where nothing is to be done', () => {
    const sentence = 'Nothing to do: 1 host as declared. 1 host could not be looked at.';
    expect(planText(settled, unseen, plain)).toContain(sentence);
    expect(planMarkdown(settled, unseen)).toContain(`### reconcile: ${sentence}`);
  });

  test('is named with its cause and remedy where people and programs read later', () => {
    expect(planMarkdown(settled, unseen)).toContain('- **vps2**: vps2 is silent  \n  Is it up?');
    const json = JSON.parse(planJson(settled, unseen));
    expect(json.unseen).toEqual([
      { host: 'vps2', status: 'unreachable', message: 'vps2 is silent', remedy: 'Is it up?' },
    ]);
    expect(validate(json) ? [] : validate.errors).toEqual([]);
  });

  test('leaves no digest when it was the only one: there is nothing that could be applied', () => {
    const json = JSON.parse(planJson(nothing, unseen));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
    for (const page of [
      JSON.stringify(json),
      planText(nothing, unseen, plain),
      planMarkdown(nothing, unseen),
    ]) {
      expect(page).not.toMatch(/digest/i);
    }
  });
});

describe('words that mean harm', () => {
  test.each(['\u001b[2J', '\u009b2J', '\r', '\u202e'])('%j cannot move the cursor', (text) => {
    const [plan, unseen] = hostile(text);
    for (const page of [planText(plan, unseen, { ...plain, full: true }), planMarkdown(plan, unseen)]) {
      expect(page).not.toContain(text);
    }
  });

  test.each([
    '```\n# out',
    '````````',
    '</details><img src=x>',
    '@someone',
    '[x](https://evil.example)',
    '`a`',
  ])('%j stays text on a page', (text) => {
    const page = planMarkdown(...hostile(text));
    const outside = page.replaceAll(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, '').replaceAll(/<code>.*?<\/code>/g, '');
    expect(outside).not.toContain('# out');
    expect(outside).not.toMatch(/<img|@someone|:\/\/|(?<!\\)\[x|(?<!\\)`a`/);
  });
});
