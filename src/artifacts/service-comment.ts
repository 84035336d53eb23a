import type { Cutover } from '../model/desired.ts';

/**
 * What rathole's own keys don't say of a service: it stands as a comment of JSON above its table, so that server.toml
 * alone tells what is served, also after the playbook has forgotten the service.
 */
export interface ServiceComment {
  readonly service: string;
  readonly generation: number;
  readonly client: string;
  /** The public address. */
  readonly bind: string;
  readonly cutover: Cutover;
}

const PREFIX = '# reconcile: ';

export function writeComment(
  comment: Omit<ServiceComment, 'generation'> & { readonly generation: number | string },
): string {
  // TOML forbids this one control character in a comment, and JSON does not escape it.
  return `${PREFIX}${JSON.stringify(comment).replaceAll('\u007f', '\\u007f')}\n`;
}

/** The comment of such a line; undefined when it is another line, or was changed into nonsense. */
export function readComment(line: string): ServiceComment | undefined {
  if (!line.startsWith(PREFIX)) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(PREFIX.length));
    return isComment(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isComment(value: unknown): value is ServiceComment {
  if (typeof value !== 'object' || value === null) return false;
  const { service, generation, client, bind, cutover } = value as Partial<
    Record<keyof ServiceComment, unknown>
  >;
  return (
    [service, client, bind].every((text) => typeof text === 'string') &&
    typeof generation === 'number' &&
    Number.isSafeInteger(generation) &&
    (cutover === 'blue-green' || cutover === 'in-place')
  );
}
