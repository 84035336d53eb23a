import type { DesiredServer } from '../model/desired.ts';
import { type Undeclared, undeclaredServices } from './undeclared.ts';
import type { Services } from './wanted-services.ts';

/** What is on the host and stays, although no declaration says so. */
export function serviceNotes(server: DesiredServer, { wanted }: Services): readonly string[] {
  const names = (kind: 'kept' | 'pending') => {
    const some = wanted.filter((each) => each.kind === kind);
    return [...new Set(some.map(({ service }) => service))].sort();
  };
  return [
    ...names('kept').map(
      (name) =>
        `service ${name} is on the server but not in the playbook; it is kept (\`prune: true\` removes it)`,
    ),
    ...undeclaredServices(server, { wanted }).flatMap(sharedNote),
    ...names('pending').map(
      (name) =>
        `service ${name} is in the middle of a rotation; what the playbook changes of it waits for its end`,
    ),
  ];
}

function sharedNote({ service, taker }: Undeclared): readonly string[] {
  if (taker === undefined) return [];
  const both = `${service} and ${taker} have one address`;
  return [
    `${both}: visitors come to either, and neither can be rotated until \`prune: true\` removes ${service}`,
  ];
}
