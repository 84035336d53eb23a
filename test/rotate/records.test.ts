import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FACTS_OF_HOST } from '../../src/artifacts/rotate/facts.ts';
import { RECORDS } from '../../src/artifacts/rotate/records.ts';
import { slotAddress } from '../../src/artifacts/slot.ts';
import { formatAddress } from '../../src/codec/address.ts';
import { recordText } from '../../src/codec/record.ts';
import type { Cutover } from '../../src/model/desired.ts';
import { ACTIONS, PHASES, type RotationRecord } from '../../src/model/rotation.ts';
import { nextGeneration, servedGenerations } from '../../src/planner/rotation/generation.ts';
import { decidedRecord, settledRecord } from '../../src/planner/rotation/record.ts';
import { ageOf } from '../../src/planner/rotation/situation.ts';

vi.setConfig({ testTimeout: 60_000 });

const NOW = 1_000_000;
const GRACE = 900;
const CUTOVERS: readonly Cutover[] = ['blue-green', 'in-place'];

/** Every phase with numbers of both parities, burned ones in between, and times known or not. */
const RECORDS_OF_ALL_KINDS: readonly RotationRecord[] = PHASES.flatMap((phase) =>
  [0, 6, 7].flatMap((current) =>
    [0, 1, 2].flatMap((burned) =>
      [0, 1].flatMap((staged) =>
        [undefined, NOW - 5000].map((rotatedAt) => {
          const next = staged === 0 ? 0 : nextGeneration({ current, highest: current + burned });
          const highest = Math.max(next, current + burned);
          return { phase, current, next, highest, stagedAt: staged * 5, finalizeAt: staged * 905, rotatedAt };
        }),
      ),
    ),
  ),
);

/** Runs commands for each line of input, whose words are in $1, $2 …, with the record's words first. */
function inShell(shell: string, commands: string, lines: readonly string[]): string[] {
  const script = `now=${NOW} grace=${GRACE}
${RECORDS}
${FACTS_OF_HOST}
while read -r phase current next highest staged_at finalize_at rotated_at rest; do
set -- $rest
${commands}
done`;
  const { stdout, stderr } = spawnSync(shell, ['-c', script], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const line = (record: RotationRecord) => recordText(record).trimEnd();

test.each(['dash', 'bash'])('%s makes of a record what the model makes of it', (shell) => {
  const cases = RECORDS_OF_ALL_KINDS.flatMap((record) => ACTIONS.map((action) => ({ record, action })));
  const said = inShell(
    shell,
    'decide_record "$1"; set_line; a=$line; settle_record "$1"; set_line; echo "$a | $line"',
    cases.map(({ record, action }) => `${line(record)} ${action}`),
  );
  const expected = cases.map(({ record, action }) => {
    const decided = decidedRecord(action, record, { grace: GRACE }, NOW);
    return `${line(decided)} | ${line(settledRecord(action, decided, NOW))}`;
  });
  expect(said).toEqual(expected);
});

test.each(['dash', 'bash'])('%s serves the generations that the model serves', (shell) => {
  const cases = RECORDS_OF_ALL_KINDS.flatMap((record) => CUTOVERS.map((cutover) => ({ record, cutover })));
  const said = inShell(
    shell,
    'cutover=$1; set_generations; set_following; echo "$following:" $generations',
    cases.map(({ record, cutover }) => `${line(record)} ${cutover}`),
  );
  const expected = cases.map(({ record, cutover }) =>
    [`${nextGeneration(record)}:`, ...servedGenerations(cutover, record)].join(' '),
  );
  expect(said).toEqual(expected);
});

test('slots are where they are in the model', () => {
  const ports = [1, 255, 256, 2222, 8080, 65535];
  const record = 'steady 1 0 1 0 0 -';
  const said = inShell(
    'dash',
    'cutover=blue-green port=$1; set_slot 7; a=$slot; set_slot 8; echo "$a $slot"',
    ports.map((port) => `${record} ${port}`),
  );
  expect(said).toEqual(ports.map((port) => [7, 8].map((g) => formatAddress(slotAddress(port, g))).join(' ')));
  const inPlace = 'cutover=in-place port=22 address=$1; set_slot 7; echo "$slot"';
  expect(inShell('dash', inPlace, [`${record} 0.0.0.0`, `${record} 2001:db8::1`])).toEqual([
    '0.0.0.0:22',
    '[2001:db8::1]:22',
  ]);
});

test('ages are what they are in the model', () => {
  const cases = [undefined, 100, 1000].flatMap((maxAge) =>
    [undefined, 0, 89, 90, 99, 100, 101, -5].map((age) => ({
      maxAge,
      since: age === undefined ? age : NOW - age,
    })),
  );
  const said = inShell(
    'dash',
    'max_age=$1 warn_before=10; [ "$max_age" != none ] || max_age=; set_age; echo "$age"',
    cases.map(({ maxAge, since }) => `steady 1 0 1 0 0 ${since ?? '-'} ${maxAge ?? 'none'}`),
  );
  const policyOf = (maxAge: number | undefined) => (maxAge === undefined ? {} : { maxAge });
  expect(said).toEqual(
    cases.map(({ maxAge, since }) => ageOf(since, { ...policyOf(maxAge), warnBefore: 10 }, NOW)),
  );
});

test.each([
  '',
  'steady',
  'steady 1 0 1 0 0',
  'gone 1 x 1 0 0 -',
  'bogus 1 0 1 0 0 -',
  'steady 1 0 1 0 0 never',
  'steady 1 -1 1 0 0 -',
  'steady 1 0 1 0 0 1x',
  'steady 1 0 1000000000000000 0 0 -',
  'steady 1 0 1 0 0 1000000000000000',
])('the record %j is refused', (text) => {
  const script = `state=$1\n${RECORDS}\nread_record ssh && echo taken`;
  const folder = mkdtempSync(join(tmpdir(), 'record-'));
  mkdirSync(join(folder, 'rotation/ssh'), { recursive: true });
  writeFileSync(join(folder, 'rotation/ssh/record'), `${text}\n`);
  const { stdout } = spawnSync('dash', ['-c', script, 'sh', folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(stdout).toBe('');
});
