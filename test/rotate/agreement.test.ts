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
n=0
${heads.join(' ')}
n=$((n + 1))
[ $((n % ${stride})) -ne 0 ] || { decide; echo "$rule $verdict"; }
${NAMES.map(() => 'done').join('; ')}
`;
}

function* situations(names: readonly (keyof RotationFacts)[] = NAMES): Generator<Partial<Situation>> {
  const [name, ...rest] = names;
  if (name === undefined) return yield {};
  for (const value of FACTS[name]) for (const others of situations(rest)) yield { [name]: value, ...others };
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
    let count = 0;
    for (const situation of situations()) {
      count++;
      if (count % stride !== 0) continue;
      const { rule, verdict } = decide(situation as Situation);
      const answer = answers[count / stride - 1];
      if (answer !== `${rule} ${verdict}`)
        wrong.push(`${JSON.stringify(situation)}: ${rule} ${verdict}, in sh ${answer}`);
    }
    console.log(`${shell}: ${answers.length} of ${count} situations`);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(answers).toHaveLength(Math.floor(count / stride));
  });
});
