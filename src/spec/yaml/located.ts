import type { Spot } from '../findings.ts';
import type { Range, Source } from '../source.ts';

export type ScalarValue = string | number | boolean | null;

/** A YAML value that remembers where it stands. Aliases share the value of their anchor. */
export type Located = LocatedScalar | LocatedMap | LocatedList;

interface Base {
  readonly source: Source;
  readonly range: Range;
}

export interface LocatedScalar extends Base {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** The value could not be read and has its finding: nothing else about it matters. */
  readonly isBroken?: true;
}

export interface LocatedMap extends Base {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface LocatedList extends Base {
  readonly kind: 'list';
  readonly items: readonly Located[];
}

export interface Entry {
  readonly key: Spot;
  readonly value: Located;
}

/** Keys and indices from the top of a document. */
export type Path = readonly (string | number)[];

export type Plain = ScalarValue | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}

/** Fresh plain data. Mappings have no prototype, so that a key named `__proto__` is a key like any other. */
export function toPlain(node: Located): Plain {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const map: Record<string, Plain> = Object.create(null);
  for (const [key, entry] of node.entries) map[key] = toPlain(entry.value);
  return map;
}

/** The value at a path; undefined where there is none. */
export function valueAt(node: Located, path: Path): Located | undefined {
  let found: Located | undefined = node;
  for (const part of path) {
    if (found?.kind === 'map') found = found.entries.get(String(part))?.value;
    else if (found?.kind === 'list') found = found.items[Number(part)];
    else return undefined;
  }
  return found;
}

/** Where the value at a path stands, or else the nearest value around it. */
export function spotOf(node: Located, path: Path): Spot {
  return valueAt(node, path) ?? (path.length === 0 ? node : spotOf(node, path.slice(0, -1)));
}

/** Where the key at the end of a path stands; for a list's item or the top, where its value does. */
export function keySpotOf(node: Located, path: Path): Spot {
  const parent = valueAt(node, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.key ?? spotOf(node, path);
}

/** The entries of a mapping at a path; none where there is no mapping. */
export function entriesAt(node: Located, path: Path): ReadonlyMap<string, Entry> {
  const found = valueAt(node, path);
  return found?.kind === 'map' ? found.entries : new Map();
}
