import { tickSeconds } from '../../artifacts/bundle/units.ts';
import { readClientSettings } from '../../artifacts/pull/settings.ts';
import type { DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { type Part, part } from '../part.ts';
import type { View } from '../view.ts';
import type { PullClients } from './clients.ts';
import { settingsPath } from './folders.ts';

/** What clients that are there already cannot pull: rathole itself, and a timer that fires more often. */
export function bundleNotes(
  view: View,
  server: DesiredServer,
  clients: PullClients,
  steps: readonly Step[],
): Part {
  const newProgram = steps.some(({ kind }) => kind === 'install-program');
  const there = clients.joined.filter(
    ({ name, managed }) => !managed && view.pulls.records[name] !== undefined,
  );
  const names = there.map(({ name }) => name);
  const faster = there.filter(({ name, poll }) => {
    const found = readClientSettings(view.files[settingsPath(name)]?.text ?? '');
    return found !== undefined && tickSeconds(poll) < tickSeconds(found.poll);
  });
  const program = newProgram && names.length > 0 ? [needs(names, `rathole ${server.rathole.version}`)] : [];
  const timer = faster.map(({ name, poll }) => needs([name], `a poll each ${poll} s`));
  return part({ notes: [...program, ...timer] });
}

/** How a client's bundle is made; the rest of the command line is the reader's. */
const bundleCommand = (client: string) =>
  `\`reconcile bundle ${client} PLAYBOOK... -i INVENTORY --out FILE\``;

/** How a client comes by the key that was made for it: one that is set up by an apply has a plan that says so. */
export function keyNotes({ name, managed }: DesiredClient, which: 'its' | 'a new'): readonly string[] {
  return managed ? [] : [`${name} needs ${which} bundle: ${bundleCommand(name)}`];
}

const needs = (names: readonly string[], what: string) =>
  `needs a new bundle for ${what}, which cannot be pulled: ${names.join(', ')}`;
