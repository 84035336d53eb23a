import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { decision } from '../../src/artifacts/rotate/decision.ts';
import { decide } from '../../src/model/rotation/table.ts';
import { FACTS, type RotationFacts, type Situation } from '../../src/model/rotation.ts';

const NAMES = Object.keys(FACTS) as (keyof RotationFacts)[];

/** Loops over all values of all facts, the last fact the fastest, around the decision; one line per situation. */
function everySituation(stride: number): string {
  const heads = NAMES.map((name) => `for ${name} in ${FACTS[name].join(' ')}; do`);
  return `${decision()}
n=0 answers=''
${heads.join(' ')}
n=$((n + 1))
[ $((n % ${stride})) -ne 0 ] || { decide; answers="$answers$rule $verdict
"; }
case $n in *00) printf %s "$answers"; answers='' ;; esac
${NAMES.map(() => 'done').join('; ')}
printf %s "$answers"
`;
}

const COUNT = NAMES.reduce((count, name) => count * FACTS[name].length, 1);

/** The n-th situation of those loops, from 0. */
function situationAt(n: number): Situation {
  const situation: Record<string, string> = {};
  let rest = n;
  for (const name of NAMES.toReversed()) {
    const values = FACTS[name];
    situation[name] = values[rest % values.length] as string;
    rest = Math.floor(rest / values.length);
  }
  return situation as Situation;
}

/** bash is three times slower, and read the same patterns in all situations once: every 11th shows that it still does. */
describe.each([
  ['dash', 1],
  ['bash', 11],
])('%s', (shell, stride) => {
  test(`decides as the table does, in situations 1 of ${stride}`, { timeout: 300_000 }, () => {
    const { stdout, stderr } = spawnSync(shell, ['-c', everySituation(stride)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    expect(stderr).toBe('');
    const answers = stdout.trimEnd().split('\n');
    const wrong: string[] = [];
    for (const [at, answer] of answers.entries()) {
      const situation = situationAt((at + 1) * stride - 1);
      const { rule, verdict } = decide(situation);
      if (answer !== `${rule} ${verdict}`)
        wrong.push(`${JSON.stringify(situation)}: ${rule} ${verdict}, in sh ${answer}`);
    }
    console.log(`${shell}: ${answers.length} of ${COUNT} situations`);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(answers).toHaveLength(Math.floor(COUNT / stride));
  });
});
