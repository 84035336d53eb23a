import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAuditEntry } from '../../src/codec/audit.ts';
import { parseRecord, recordText } from '../../src/codec/record.ts';
import { parseRotationReport } from '../../src/codec/rotation-report.ts';
import { PHASES } from '../../src/model/rotation.ts';

const records = fc.record({
  phase: fc.constantFrom(...PHASES),
  current: fc.nat(),
  next: fc.nat(),
  highest: fc.nat(),
  stagedAt: fc.nat(),
  finalizeAt: fc.nat(),
  rotatedAt: fc.option(fc.nat(), { nil: undefined }),
});

describe('a record', () => {
  test('is the same once it is written and read', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(parseRecord(recordText(record).trimEnd())).toEqual(record);
      }),
    );
  });

  test.each([
    '',
    'steady',
    'steady 1 0 1 0 0',
    'steady 1 0 1 0 0 - 9',
    'resting 1 0 1 0 0 -',
    'steady - 0 1 0 0 -',
    'steady 1 0 1 0 0 -1',
    'steady 1  0 1 0 0 -',
    'steady 1.5 0 1 0 0 -',
    `steady ${'9'.repeat(16)} 0 1 0 0 -`,
  ])('%j is none', (line) => {
    expect(parseRecord(line)).toBeUndefined();
  });
});

describe('a line of the host’s program', () => {
  test('says what became of a service', () => {
    expect(parseRotationReport('my-web_1 stage asked 1 2 1795226900')).toEqual({
      ...{ service: 'my-web_1', verdict: 'stage', rule: 'asked' },
      ...{ current: 1, next: 2, finalizeAt: 1_795_226_900 },
    });
  });

  test.each(['', '- 17', 'ssh stage asked 1 2', 'ssh explode asked 1 2 3', 'SSH stage asked 1 2 3'])(
    '%j says nothing of one',
    (line) => {
      expect(parseRotationReport(line)).toBeUndefined();
    },
  );
});

describe('a line of the audit log', () => {
  const entry = {
    ...{ sequence: 7, time: '2026-01-02T03:04:05Z', actor: 'timer', target: 'ssh', operation: 'finalize' },
    ...{ generation: 8, outcome: 'ok', detail: 'verified' },
  };

  test('is an entry', () => {
    expect(parseAuditEntry(JSON.stringify(entry))).toEqual(entry);
  });

  test.each(['', '{"sequence":7,"ti', '[]', JSON.stringify({ ...entry, generation: '8' })])(
    '%j is none: a power failure may have torn it',
    (line) => {
      expect(parseAuditEntry(line)).toBeUndefined();
    },
  );
});
