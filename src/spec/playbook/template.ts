import type { InventoryHost } from '../../model/inventory.ts';

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Puts a host's name and variables into a text: `{host}.example.net`. Lists the names that the host does not have. */
export function fillIn(
  text: string,
  host: InventoryHost,
): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const filled = text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
    const value = name === 'host' ? host.name : host.vars[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return String(value);
    missing.push(name);
    return placeholder;
  });
  return { text: filled, missing };
}

/** At most 253 characters in labels of 1 to 63: what a certificate and nginx's server_name take as it is. */
export function isDomain(text: string): boolean {
  return (
    text.length <= 253 &&
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/.test(text) &&
    !/^[0-9.]+$/.test(text)
  );
}

/** As the schema's pattern for paths on the server, once nothing is left to fill in. */
export function isServerPath(text: string): boolean {
  return text.length <= 1000 && /^(\/[A-Za-z0-9._@+-]+)+$/.test(text);
}
