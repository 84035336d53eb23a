import { RULES } from '../../model/rotation/table.ts';
import { FACTS, PHASES, type Phase, type RotationFacts, type Rule } from '../../model/rotation.ts';

const NAMES = Object.keys(FACTS) as (keyof RotationFacts)[];

/**
 * The table of rules as a shell function: from a variable per fact to `verdict` and `rule`. The first pattern that
 * fits decides, as in the table. Each fact stands with its name, so no value can be taken for another fact's.
 */
export function decision(rules: readonly Rule[] = RULES): string {
  return `
# decide: by the facts ${NAMES.join(', ')}. Sets verdict and rule.
decide() {
  rule=none verdict=none
  facts=${NAMES.map((name) => `"<${name}=$${name}>"`).join('')}
  case $phase in
${PHASES.map((phase) => `    ${phase}) decide_${phase} ;;`).join('\n')}
  esac
}
${PHASES.map((phase) => decisionIn(phase, rules)).join('')}
# set_reason RULE: why, in the operator's words.
set_reason() {
  case $1 in
${rules.map(({ name, reason }) => `    ${name}) reason=${shellText(reason)} ;;`).join('\n')}
  esac
}
`;
}

/**
 * The rules of one phase, for a long list of patterns costs time. That some cannot be reached in this phase, for
 * earlier ones cover them, is shellcheck's only complaint.
 */
function decisionIn(phase: Phase, rules: readonly Rule[]): string {
  const arms = rules
    .filter(({ when }) => when.phase === undefined || when.phase.includes(phase))
    .map(({ name, when, verdict }) => `    ${patterns(when)}) verdict='${verdict}' rule=${name} ;;`);
  return `
# shellcheck disable=SC2221,SC2222
decide_${phase}() {
  case $facts in
${arms.slice(0, firstCatchAll(arms) + 1).join('\n')}
  esac
}
`;
}

/** What stands below a rule that always fits is never reached. */
function firstCatchAll(arms: readonly string[]): number {
  const at = arms.findIndex((arm) => arm.startsWith('    *) '));
  return at < 0 ? arms.length : at;
}

/** One pattern per combination of the listed values; the phase is known already. */
function patterns(when: Rule['when']): string {
  const named = NAMES.filter((name) => name !== 'phase' && when[name] !== undefined);
  const combinations = named.reduce<readonly (readonly string[])[]>(
    (all, name) =>
      all.flatMap((words) => (when[name] ?? []).map((value) => [...words, `"<${name}=${value}>"`])),
    [[]],
  );
  return combinations.map((words) => ['', ...words, ''].join('*').replace(/^$/, '*')).join(' | ');
}

/** In double quotes, as reasons have apostrophes; the audit log puts them into JSON as they are. */
function shellText(reason: string): string {
  if (/["\\`$]/.test(reason)) throw new Error(`a reason cannot hold ${JSON.stringify(reason)}`);
  return `"${reason}"`;
}
