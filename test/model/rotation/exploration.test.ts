import { afterAll, expect, test } from 'vitest';
import { explore } from './explorer.ts';
import { keyModel, REAL_KEYS } from './keys.ts';
import { rotationModel } from './model.ts';
import { REAL } from './protocol.ts';
import { SCENARIOS } from './scenarios.ts';
import { report } from './story.ts';

const total = { states: 0, transitions: 0, seconds: 0 };

afterAll(() => {
  const { states, transitions, seconds } = total;
  console.log(`all scenarios: ${states} states, ${transitions} transitions, ${seconds.toFixed(1)} s`);
});

test.each(SCENARIOS)(
  'every interleaving is safe and comes to rest: $name',
  { timeout: 180_000 },
  (scenario) => {
    const found = explore(rotationModel(scenario, REAL));
    console.log(report(scenario.name, found));
    total.states += found.states;
    total.transitions += found.transitions;
    total.seconds += found.seconds;
    expect(found.violation).toBeUndefined();
  },
);

test('every interleaving of a key rotation is safe and comes to rest', () => {
  const found = explore(keyModel(REAL_KEYS));
  console.log(report('keys of a client', found));
  expect(found.violation).toBeUndefined();
});
