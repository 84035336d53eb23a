/**
 * The rathole names and service names that pending-tokens.json speaks of: the keys of `tokens`, and of `services`
 * where that is there. Undefined when it is no such JSON.
 */
export function pendingNames(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('tokens' in value)) return undefined;
    const services = 'services' in value ? value.services : {};
    return [...new Set([...keysOf(value.tokens), ...keysOf(services)])].sort();
  } catch {
    return undefined;
  }
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
