import type { FoundServer } from './found-services.ts';
import type { Services } from './wanted-services.ts';

/** What is on the host and stays, although no declaration says so. */
export function serviceNotes(found: FoundServer, { wanted }: Services): readonly string[] {
  const kept = wanted.filter(({ kind }) => kind === 'kept');
  const pending = wanted.filter(({ kind }) => kind === 'pending');
  const names = (some: typeof kept) => [...new Set(some.map(({ service }) => service))].sort();
  return [
    ...names(kept).map(
      (name) =>
        `service ${name} is on the server but not in the playbook; it is kept (\`prune: true\` removes it)`,
    ),
    ...names(pending).map((name) => `service ${name} is in the middle of a rotation; it is left alone`),
    ...severalGenerations(found, names(pending)),
  ];
}

function severalGenerations({ services }: FoundServer, pending: readonly string[]): readonly string[] {
  const generations = new Map<string, number>();
  for (const { service } of services) generations.set(service, (generations.get(service) ?? 0) + 1);
  return [...generations]
    .filter(([service, count]) => count > 1 && !pending.includes(service))
    .map(
      ([service, count]) =>
        `service ${service} has ${count} generations and no pending rotation; all are kept`,
    );
}
