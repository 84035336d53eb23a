import { ReconcileError } from '../model/errors.ts';
import { absent, present, type Reading, unreadable } from '../model/reading.ts';
import type { Fact } from './fact.ts';
import { FORMAT } from './script.ts';

export interface Answer {
  readonly lines: readonly string[];
  readonly verdict: string;
  readonly why: string;
}
export type Answers = ReadonlyMap<string, Answer>;

/**
 * Takes the framing apart: a heading, each fact in order between `@begin` and `@end`, a closing line with their
 * number.
 *
 * @throws ReconcileError `failed` at the first line that is not as it must be.
 */
export function read(stdout: string, facts: readonly string[]): Answers {
  const lines = stdout.split('\n');
  if (lines.pop() !== '') throw broken('its last line is cut off');
  checkHeading(lines[0]);
  const answers = new Map<string, Answer>();
  let at = 1;
  for (const fact of facts) {
    const end = lines.findIndex((line, index) => index > at && line.startsWith('@'));
    if (lines[at] !== `@begin ${fact}`)
      throw broken(`${quoted(lines[at])} stands where ${fact} should begin`);
    const [, name, verdict = '', why = ''] = /^@end (\S+) (\S+) (.*)$/.exec(lines[end] ?? '') ?? [];
    if (name !== fact) throw broken(`${fact} has no end`);
    answers.set(fact, { lines: lines.slice(at + 1, end), verdict, why });
    at = end + 1;
  }
  if (lines[at] !== `@done ${facts.length}`)
    throw broken(`${quoted(lines[at])} stands where it should be done`);
  if (lines.length > at + 1) throw broken(`${quoted(lines[at + 1])} stands behind its end`);
  return answers;
}

/** One fact's answer; what cannot be understood is unreadable, with the reason. */
export function readFact<T>(fact: Fact<T>, answer: Answer | undefined): Reading<T> {
  if (answer?.verdict === 'absent') return absent;
  if (answer?.verdict !== 'present') return unreadable(answer?.why || 'the host does not say why');
  try {
    return present(fact.parse(answer.lines));
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

function checkHeading(line: string | undefined): void {
  if (line === `@reconcile-observation ${FORMAT}`) return;
  if (line?.startsWith('@reconcile-observation ')) {
    throw new ReconcileError(
      'failed',
      `the observation is of another release (${quoted(line)})`,
      'Its key runs an observe script that an older or newer reconcile installed: apply with an ordinary key first.',
    );
  }
  throw broken(`it begins with ${quoted(line)}`);
}

const broken = (what: string) =>
  new ReconcileError(
    'failed',
    `the observation is not whole: ${what}`,
    'Try again. If it stays so, see that the login shell prints nothing by itself (`ssh HOST true`).',
  );

const quoted = (line: string | undefined) =>
  line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 80));
