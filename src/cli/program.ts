import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { apply } from './apply.ts';
import { bundle } from './bundle.ts';
import { cancel } from './cancel.ts';
import { finalize } from './finalize.ts';
import { history } from './history.ts';
import { inventory } from './inventory.ts';
import { refuseRepeats } from './options.ts';
import { plan } from './plan.ts';
import { restore } from './restore.ts';
import { rotate } from './rotate.ts';
import { status } from './status.ts';
import { validate } from './validate.ts';
import type { DefineVerb, End } from './verb.ts';
import { verify } from './verify.ts';

/** In the order of the help text. */
const VERBS: readonly DefineVerb[] = [
  validate,
  inventory,
  plan,
  apply,
  bundle,
  status,
  rotate,
  finalize,
  cancel,
  verify,
  history,
  restore,
];

/** The command line's tree of verbs; each verb's running work is handed to `end`. */
export function createProgram(end: End): Command {
  const program = new Command('reconcile')
    .description('Keep rathole tunnels in the state that a Git repository declares.')
    .version(manifest.version)
    .exitOverride()
    .showHelpAfterError('(reconcile --help shows every verb)');
  for (const define of VERBS) define(program, end);
  for (const verb of program.commands) {
    verb.showHelpAfterError(`(reconcile ${verb.name()} --help shows what it takes)`);
    refuseRepeats(verb);
  }
  return program;
}
