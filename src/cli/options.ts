import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_STATUS, type ExitCode } from '../model/errors.ts';
import { CONSENTS, type Consent } from '../model/plan.ts';

/** May be given several times, once per value: a list would swallow the files that follow it. */
class Repeatable<T extends string> extends Option {
  constructor(flags: string, description: string, known: (word: string) => T) {
    super(flags, description);
    this.argParser((word: string, before: readonly T[] | undefined) => [...(before ?? []), known(word)]);
  }
}

/** Refuses an option that is given again: which of its values is meant? */
export function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    let given = false;
    if (option.isBoolean() || option instanceof Repeatable) continue;
    command.on(`option:${option.name()}`, () => {
      if (given) command.error(`error: option '${option.flags}' is given more than once`);
      given = true;
    });
  }
}

// Options that several verbs share, so that they are the same everywhere.

export const limitOption = () =>
  new Option(
    '--limit <pattern>',
    'only these hosts: names, groups, globs, !without, &also-in; joined by commas',
  );

export const forksOption = () =>
  new Option('--forks <n>', 'at most so many hosts at once').default(20).argParser(positive);

export const sshConfigOption = () =>
  new Option('-F, --ssh-config <file>', 'ssh configuration instead of the usual files, as `ssh -F` has it');

export const serviceOption = (what: string) =>
  new Repeatable('--service <name>', `${what} only this service (repeatable)`, (name) => name);

export const clientOption = () =>
  new Repeatable(
    '--client <name>',
    'only the services of this client, and its API keys with them (repeatable)',
    (name) => name,
  );

export const addWaitOptions = (command: Command) =>
  command
    .option('--wait', 'wait for the rotations that are on their way (default at a terminal)')
    .option('--no-wait', 'leave them to the hosts, which go on by themselves (default elsewhere)');

export const allowOption = () =>
  new Repeatable(
    '--allow <consent>',
    `allow what the plan refuses under this name (repeatable): ${CONSENTS.join(', ')}`,
    knownConsent,
  ).default([], 'none');

function knownConsent(word: string): Consent {
  const consent = CONSENTS.find((known) => known === word);
  if (consent !== undefined) return consent;
  throw new InvalidArgumentError(`the consents are ${CONSENTS.join(', ')}.`);
}

/** The end of a verb's help: how it may end. */
export const exitStatuses = (...codes: readonly ExitCode[]) =>
  `\nExit statuses: ${codes.map((code) => `${EXIT_STATUS[code]} ${code}`).join(', ')}`;

/** The same for the verbs that carry out a plan. */
export const carriedOutStatuses = () =>
  exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'refused', 'attention', 'internal', 'interrupted');

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}
