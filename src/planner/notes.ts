import { publicAddress } from './pull/cut.ts';
import type { Services, WantedService } from './wanted-services.ts';

/** What is on the host and stays, although no declaration says so. */
export function serviceNotes({ wanted }: Services): readonly string[] {
  const names = (kind: 'kept' | 'pending') => {
    const some = wanted.filter((each) => each.kind === kind);
    return [...new Set(some.map(({ service }) => service))].sort();
  };
  return [
    ...names('kept').map(
      (name) =>
        `service ${name} is on the server but not in the playbook; it is kept (\`prune: true\` removes it)`,
    ),
    ...wanted.flatMap((each) => sharedNote(each, wanted)),
    ...names('pending').map(
      (name) =>
        `service ${name} is in the middle of a rotation; what the playbook changes of it waits for its end`,
    ),
  ];
}

/** A slot comes from the public port and the protocol alone. */
function sharedNote(kept: WantedService, wanted: Services['wanted']): readonly string[] {
  if (kept.kind !== 'kept') return [];
  const port = publicAddress(kept.found)?.port;
  const taker = wanted.find(
    (each) =>
      each.kind === 'declared' &&
      each.declared.bind.port === port &&
      each.declared.protocol === kept.found.table.protocol,
  );
  if (taker === undefined) return [];
  const both = `${kept.service} and ${taker.service} have one address`;
  return [
    `${both}: visitors come to either, and neither can be rotated until \`prune: true\` removes ${kept.service}`,
  ];
}
