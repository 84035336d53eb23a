import { parse, stringify, TomlError } from 'smol-toml';

export type TomlTable = { readonly [key: string]: TomlValue };
type TomlValue = string | number | boolean | TomlTable;

/** What reading a text gives: its table, or why there is none, without any of its text. */
export type TomlReading = { readonly table: Record<string, unknown> } | { readonly error: string };

/** Writes a table as TOML. The only place where a value is quoted for TOML. */
export function writeToml(table: TomlTable): string {
  return stringify(table);
}

/** Reads TOML that may be anybody's. The library's message quotes lines of the text, so only the place is told. */
export function readToml(text: string): TomlReading {
  try {
    return { table: parse(text) };
  } catch (error) {
    if (error instanceof TomlError) return { error: `not TOML (line ${error.line}, column ${error.column})` };
    throw error;
  }
}
