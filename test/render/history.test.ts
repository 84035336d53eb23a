import { expect, test } from 'vitest';
import { historyText, missingText } from '../../src/render/history.ts';

const entry = (target: string, operation: string) => ({
  sequence: 1,
  time: '2026-01-02T03:04:05Z',
  actor: 'me',
  target,
  operation,
  generation: 2,
  outcome: 'ok',
  detail: 'asked for',
});

test('the number of a key is not called a generation', () => {
  const entries = [entry('ssh', 'finalize'), entry('pc', 'retire-key')];
  expect(historyText([{ host: 'edge', entries, odd: 0 }])).toBe(
    '2026-01-02T03:04:05Z edge ssh finalize g2 ok by me: asked for\n' +
      '2026-01-02T03:04:05Z edge pc retire-key k2 ok by me: asked for\n',
  );
});

test('where there is nothing to show, that is said', () => {
  const full = { host: 'edge', entries: [entry('ssh', 'finalize')], odd: 0 };
  expect(missingText([full], undefined)).toBe('');
  expect(missingText([full, { host: 'edge2', entries: [], odd: 0 }], undefined)).toBe(
    'edge2: the audit log is empty\n',
  );
  expect(missingText([full, { host: 'edge2', entries: [], odd: 0 }], ['ssh', 'nope'])).toBe(
    'no audit log here has an entry of nope\n',
  );
  expect(missingText([], undefined)).toBe('');
});

test('lines that make no sense are not left out in silence', () => {
  const torn = { host: 'edge', entries: [], odd: 2 };
  const said =
    'edge: 2 lines of /var/log/reconcile/audit.jsonl cannot be read, and are left out: look at the file there\n';
  expect(missingText([torn], undefined)).toBe(said);
  expect(missingText([torn], ['nope'])).toBe(`${said}no audit log here has an entry of nope\n`);
});

test('where no host has answered, nothing is said of logs', () => {
  expect(missingText([], ['nope'])).toBe('');
});
