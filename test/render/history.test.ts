import { expect, test } from 'vitest';
import { emptyText, historyText } from '../../src/render/history.ts';

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
  expect(historyText([{ host: 'edge', entries }])).toBe(
    '2026-01-02T03:04:05Z edge ssh finalize g2 ok by me: asked for\n' +
      '2026-01-02T03:04:05Z edge pc retire-key k2 ok by me: asked for\n',
  );
});

test('where there is nothing to show, that is said', () => {
  const full = { host: 'edge', entries: [entry('ssh', 'finalize')] };
  expect(emptyText([full], undefined)).toBe('');
  expect(emptyText([full, { host: 'edge2', entries: [] }], undefined)).toBe(
    'edge2: the audit log is empty\n',
  );
  expect(emptyText([full, { host: 'edge2', entries: [] }], ['ssh', 'nope'])).toBe(
    'no audit log here has an entry of nope\n',
  );
  expect(emptyText([], undefined)).toBe('');
});
