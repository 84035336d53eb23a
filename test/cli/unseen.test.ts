import { expect, test } from 'vitest';
import { unseenText } from '../../src/cli/planning.ts';
import { ReconcileError } from '../../src/model/errors.ts';

test('a host that cannot be looked at is named once', () => {
  const unseen = ['cannot connect', 'no such name'].map((message) => ({
    host: 'edge',
    error: new ReconcileError('unreachable', message, 'look'),
  }));
  expect(unseenText(unseen)).toBe('edge: cannot connect\n  mend: look\nedge: no such name\n  mend: look\n');
});
