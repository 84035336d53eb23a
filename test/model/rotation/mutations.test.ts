import { expect, test } from 'vitest';
import { explore } from './explorer.ts';
import { KEY_MUTATIONS } from './key-mutations.ts';
import { keyModel } from './keys.ts';
import { rotationModel } from './model.ts';
import { MUTATIONS } from './mutations.ts';
import { SCENARIOS } from './scenarios.ts';
import { report } from './story.ts';

test.each(MUTATIONS)('without "$guard" the model breaks', { timeout: 60_000 }, (mutation) => {
  const scenario = SCENARIOS.find(({ name }) => name === mutation.scenario);
  if (scenario === undefined) throw new Error(`no scenario "${mutation.scenario}"`);
  const found = explore(rotationModel(scenario, mutation.protocol));
  console.log(report(`without "${mutation.guard}", in "${scenario.name}"`, found));
  expect(found.violation?.broken).toMatch(mutation.breaks);
});

test.each(KEY_MUTATIONS)('without "$guard" the model of keys breaks', (mutation) => {
  const found = explore(keyModel(mutation.protocol));
  console.log(report(`without "${mutation.guard}"`, found));
  expect(found.violation?.broken).toMatch(mutation.breaks);
});
