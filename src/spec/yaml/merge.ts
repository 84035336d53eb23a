import type { Findings } from '../findings.ts';
import type { Entry, Located } from './located.ts';

/** Adds what `<<` brings in: a mapping's own keys win, then the earlier of several merged mappings. */
export function mergeEntries(
  entries: Map<string, Entry>,
  merged: readonly Located[],
  findings: Findings,
): void {
  for (const value of merged.flatMap((item) => (item.kind === 'list' ? item.items : [item]))) {
    if (value.kind === 'map') addMissing(entries, value.entries);
    else {
      const remedy = 'name an anchor of a mapping: <<: *name';
      findings.add('yaml-alias', value, { message: '<< takes a mapping or a list of mappings', remedy });
    }
  }
}

function addMissing(entries: Map<string, Entry>, more: ReadonlyMap<string, Entry>): void {
  for (const [name, entry] of more) if (!entries.has(name)) entries.set(name, entry);
}
