import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Findings, type Spot, show } from '../findings.ts';
import type { Range, Source } from '../source.ts';
import type { Entry, Located, LocatedMap } from './located.ts';
import { mergeEntries } from './merge.ts';

/** Aliases may stand for so many values in all: enough for any file written by hand, too few for a bomb. */
const MAX_ALIASED = 20_000;

const KNOWN_TAG = /^(tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)|!)$/;

/** Turns the YAML library's nodes into located values, with findings for what no reader should have to expect. */
export function convert(root: ParsedNode, source: Source, findings: Findings): Located {
  return new Converter(source, findings).value(root);
}

class Converter {
  readonly #source: Source;
  readonly #findings: Findings;
  /** Converted anchors, with how many values each stands for; undefined while it is being converted. */
  readonly #anchors = new Map<string, { located: Located; size: number } | undefined>();
  #aliased = 0;
  #size = 0;

  constructor(source: Source, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  value(node: ParsedNode): Located {
    if (isAlias(node)) return this.#alias(node.source, rangeOf(node));
    const anchor = node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const before = this.#size;
    this.#size += 1;
    const isRefused = this.#refusesTag(node);
    const located = isRefused ? this.#broken(node) : this.#collection(node);
    if (anchor !== undefined) this.#anchors.set(anchor, { located, size: this.#size - before });
    return located;
  }

  #collection(node: Exclude<ParsedNode, { type: 'ALIAS' }>): Located {
    const base = { source: this.#source, range: rangeOf(node) };
    if (isMap(node)) return this.#map(node as YAMLMap.Parsed);
    if (isSeq(node)) {
      return { ...base, kind: 'list', items: (node as YAMLSeq.Parsed).items.map((item) => this.value(item)) };
    }
    if (isScalar(node)) return this.#scalar(node);
    return { ...base, kind: 'scalar', value: null };
  }

  #map(node: YAMLMap.Parsed): LocatedMap {
    const entries = new Map<string, Entry>();
    const merged: Located[] = [];
    for (const pair of node.items) {
      const value = isNothing(pair.value) ? this.#nothingAfter(pair.key) : this.value(pair.value);
      if (isScalar(pair.key) && pair.key.source === '<<' && pair.key.type === 'PLAIN') merged.push(value);
      else this.#entry(entries, pair.key, value);
    }
    mergeEntries(entries, merged, this.#findings);
    return { kind: 'map', source: this.#source, range: rangeOf(node), entries };
  }

  #entry(entries: Map<string, Entry>, key: ParsedNode, value: Located): void {
    const spot = { source: this.#source, range: rangeOf(key) };
    const name = this.#keyName(key);
    const first = name === undefined ? undefined : entries.get(name);
    if (name === undefined) {
      const remedy = 'quote it, if it is meant as a name';
      this.#findings.add('yaml-key', spot, {
        message: 'a key must be a text',
        found: this.#text(spot.range),
        remedy,
      });
    } else if (first) {
      const { line } = this.#source.place(first.key.range);
      const remedy = `keep one of the two; the first is on line ${line}`;
      this.#findings.add('yaml-duplicate-key', spot, {
        message: 'the key is there twice',
        found: show(name),
        remedy,
      });
    } else entries.set(name, { key: spot, value });
  }

  /** The key as a text; undefined for a collection, an alias or a boolean. A number is a fine name for a host. */
  #keyName(key: ParsedNode): string | undefined {
    if (!isScalar(key)) return undefined;
    this.#refusesTag(key);
    if (typeof key.value === 'string') return key.value;
    return typeof key.value === 'number' && key.source !== undefined ? key.source : undefined;
  }

  #alias(name: string, range: Range): Located {
    const spot = { source: this.#source, range };
    const target = this.#anchors.get(name);
    const before = this.#aliased;
    this.#aliased += target?.size ?? 0;
    this.#size += target?.size ?? 0;
    if (target && this.#aliased <= MAX_ALIASED) return target.located;
    // A bomb is one mistake, however many aliases follow.
    if (!target || before <= MAX_ALIASED) this.#refuseAlias(name, spot, target !== undefined);
    return { ...spot, kind: 'scalar', value: null, isBroken: true };
  }

  #refuseAlias(name: string, spot: Spot, isBomb: boolean): void {
    const found = show(`*${name}`);
    if (isBomb) {
      const message = `aliases stand for more than ${MAX_ALIASED} values`;
      this.#findings.add('yaml-alias-bomb', spot, { message, found, remedy: 'write the values out' });
      return;
    }
    const message = this.#anchors.has(name)
      ? 'an alias stands inside its own anchor'
      : 'there is no such anchor above';
    const remedy = `write the value out, or define &${name} above; quote a text that starts with *`;
    this.#findings.add('yaml-alias', spot, { message, found, remedy });
  }

  #scalar(node: Scalar.Parsed): Located {
    const base = { kind: 'scalar', source: this.#source, range: rangeOf(node) } as const;
    const { value } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return { ...base, value };
    if (typeof value === 'number' && (Number.isSafeInteger(value) || isFraction(value)))
      return { ...base, value };
    this.#findings.add('yaml-number', base, {
      message: 'the number cannot be kept exactly',
      found: show(node.source),
      remedy: 'quote it, to keep it as a text',
    });
    return { ...base, value: node.source, isBroken: true };
  }

  /** @returns whether the node's tag is refused: what its value would mean is a guess */
  #refusesTag(node: ParsedNode): boolean {
    if (isAlias(node) || node.tag === undefined || KNOWN_TAG.test(node.tag)) return false;
    const spot = {
      source: this.#source,
      range: { start: rangeOf(node).start, end: rangeOf(node).start + 1 },
    };
    const vault = node.tag === '!vault' || node.tag === '!vault-encrypted';
    const complaint = vault
      ? {
          message: 'Ansible Vault is not supported',
          remedy: 'remove it: tokens and keys are made on the host itself',
        }
      : { message: 'YAML tags are not supported', remedy: 'remove the tag' };
    this.#findings.add(vault ? 'inventory-vault' : 'yaml-tag', spot, { ...complaint, found: show(node.tag) });
    return true;
  }

  #broken(node: ParsedNode): Located {
    return { kind: 'scalar', source: this.#source, range: rangeOf(node), value: null, isBroken: true };
  }

  /** What is not written has no place; its key has. */
  #nothingAfter(key: ParsedNode): Located {
    return { kind: 'scalar', value: null, source: this.#source, range: rangeOf(key) };
  }

  #text(range: Range): string {
    return show(this.#source.text.slice(range.start, range.end));
  }
}

const rangeOf = (node: ParsedNode): Range => ({ start: node.range[0], end: node.range[1] });

const isFraction = (value: number): boolean => Number.isFinite(value) && !Number.isInteger(value);

function isNothing(node: ParsedNode | null): node is null {
  return (
    node === null ||
    (isScalar(node) && node.value === null && node.source === '' && !node.anchor && !node.tag)
  );
}
