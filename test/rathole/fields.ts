import type { TomlTable, TomlValue } from 'smol-toml';
import { Failure } from './failure.ts';

/** A TOML table whose keys are closed: what was not asked for when `finish` is called is an error. */
export class Fields {
  readonly #table: TomlTable;
  readonly #path: string;
  readonly #asked = new Set<string>();

  constructor(table: TomlTable, path: string) {
    this.#table = table;
    this.#path = path;
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#wrongType(key, 'a string');
  }

  requiredText(key: string): string {
    return this.text(key) ?? this.#missing(key);
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrongType(key, 'a boolean');
  }

  /** A number that is whole and not negative; TOML ends at 63 bits. */
  whole(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'bigint' && value >= 0n && value < 2n ** 63n) return Number(value);
    throw this.#wrongType(key, 'u64');
  }

  oneOf<T extends string>(key: string, variants: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const variant = variants.find((candidate) => candidate === value);
    if (variant !== undefined) return variant;
    throw new Failure(`unknown variant, expected one of ${quoted(variants)} for key \`${this.#name(key)}\``);
  }

  table(key: string): Fields | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (!isTable(value)) throw this.#wrongType(key, 'a table');
    return new Fields(value, this.#name(key));
  }

  /** A table of tables, by name. */
  requiredTables(key: string): readonly (readonly [string, Fields])[] {
    const all = this.table(key) ?? this.#missing(key);
    return Object.keys(all.#table).map((name) => [name, all.table(name) ?? all.#missing(name)] as const);
  }

  /** Throws a Failure when the table holds a key that nobody asked for. */
  finish(): void {
    const unknown = Object.keys(this.#table).find((key) => !this.#asked.has(key));
    if (unknown === undefined) return;
    const known = quoted([...this.#asked]);
    throw new Failure(
      'Failed to parse the config',
      new Failure(`unknown field \`${unknown}\`, expected one of ${known} for key \`${this.#path}\``),
    );
  }

  #value(key: string): TomlValue | undefined {
    this.#asked.add(key);
    return Object.hasOwn(this.#table, key) ? this.#table[key] : undefined;
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #missing(key: string): never {
    throw new Failure(
      'Failed to parse the config',
      new Failure(`missing field \`${key}\` for key \`${this.#path}\``),
    );
  }

  #wrongType(key: string, expected: string): Failure {
    return new Failure(
      'Failed to parse the config',
      new Failure(`invalid type: expected ${expected} for key \`${this.#name(key)}\``),
    );
  }
}

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}
