import { InvalidArgumentError, Option } from 'commander';
import { EXIT_STATUS, type ExitCode } from '../model/errors.ts';

/** Options that several verbs share, so that they are the same everywhere. */
export const limitOption = () =>
  new Option(
    '--limit <pattern>',
    'only these hosts: names, groups, globs, !without, &also-in; joined by commas',
  );

export const forksOption = () =>
  new Option('--forks <n>', 'at most so many hosts at once').default(20).argParser(positive);

export const sshConfigOption = () =>
  new Option('-F, --ssh-config <file>', 'ssh configuration instead of the usual files, as `ssh -F` has it');

/** The end of a verb's help: how it may end. */
export const exitStatuses = (...codes: readonly ExitCode[]) =>
  `\nExit statuses: ${codes.map((code) => `${EXIT_STATUS[code]} ${code}`).join(', ')}`;

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}
