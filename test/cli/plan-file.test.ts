import { expect, test } from 'vitest';
import { readPlanFile, seenFrom, writePlanFile } from '../../src/cli/plan-file.ts';

const inputs = { digest: 'ab'.repeat(32), inventory: 'inventory.yaml', playbooks: ['a.yaml', 'b.yaml'] };

test('a plan file gives back what the plan was made from', () => {
  expect(readPlanFile(writePlanFile(inputs, { hosts: [] }), 'plan.json')).toEqual(inputs);
  const limited = { ...inputs, limit: 'edge' };
  expect(readPlanFile(writePlanFile(limited, {}), 'plan.json')).toEqual(limited);
});

test.each(['tunnels:\n  home: {}\n', '{"tunnels": {}}', '{ tunnels: {} }', '', '[]'])(
  '%j is a playbook',
  (text) => {
    expect(readPlanFile(text, 'playbook.yaml')).toBeUndefined();
  },
);

test.each([
  ['another version', { version: 2 }],
  ['no digest', { digest: undefined }],
  ['playbooks that are no list', { playbooks: 'a.yaml' }],
  ['a limit that is no text', { limit: 3 }],
])('a plan file with %s is refused', (_, changed) => {
  const text = JSON.stringify({ ...JSON.parse(writePlanFile(inputs, {})), ...changed });
  expect(() => readPlanFile(text, 'plan.json')).toThrow(
    expect.objectContaining({
      code: 'invalid',
      message: 'plan.json is a plan file, but not a whole one of this version',
    }),
  );
});

test.each([
  ['its digest', (text: string) => text.replace('abab', 'cdcd')],
  ['its inventory', (text: string) => text.replace('inventory.yaml', 'another.yaml')],
  ['the plan that is read', (text: string) => text.replace('0750', '0777')],
  ['its seal', (text: string) => text.replace(/"seal": "./, '"seal": "x')],
])('a plan file of which somebody changed %s is refused', (_, changed) => {
  const text = changed(writePlanFile(inputs, { hosts: [{ mode: '0750' }] }));
  expect(() => readPlanFile(text, 'plan.json')).toThrow(
    expect.objectContaining({
      code: 'invalid',
      message: 'plan.json is a plan file, but it was changed after it was written',
    }),
  );
});

test.each([
  ['/repo', '/repo/plans', '../a.yaml', 'a.yaml'],
  ['/repo/plans', '/repo', 'a.yaml', '../a.yaml'],
  ['/repo', '/repo', './a.yaml', 'a.yaml'],
  ['/repo/inventory', '/repo', 'inventory', '.'],
  ['/elsewhere', '/repo', '/repo/a.yaml', '/repo/a.yaml'],
])('from %s, what %s sees as %s is %s', (to, from, path, seen) => {
  expect(seenFrom(to, from, path)).toBe(seen);
});
