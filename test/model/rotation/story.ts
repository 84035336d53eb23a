import type { Exploration } from './explorer.ts';

/** One line of figures, and the counterexample as a numbered story where there is one. */
export function report(name: string, found: Exploration): string {
  const { states, transitions, depth, seconds, violation } = found;
  const figures = `${states} states, ${transitions} transitions, depth ${depth}, ${seconds.toFixed(1)} s`;
  if (violation === undefined) return `${name}: ${figures}`;
  const lines = violation.story.map((sentence, index) => `  ${index + 1}. ${sentence}`);
  return [`${name}: ${figures}`, ...lines, `  => ${violation.broken}`].join('\n');
}
