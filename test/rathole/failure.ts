import { getSystemErrorMap } from 'node:util';

/** An error that says what was being done; `cause` is what went wrong below it. */
export class Failure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Runs `work`; its error comes back as a Failure named `what`. */
export async function during<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Failure(what, error);
  }
}

/** The messages of an error and its causes, outermost first. */
export function reasons(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  const rest = error.cause === undefined ? [] : reasons(error.cause);
  return [messageOf(error), ...rest];
}

/** The whole chain in one line, as rathole logs it: `outer: inner: cause`. */
export const chain = (error: unknown): string => reasons(error).join(': ');

/** What rathole's runtime does when a task panics: a line on stderr, then death by SIGABRT with all connections. */
export function panic(why: string): never {
  process.stderr.write(`thread 'tokio-runtime-worker' panicked at ${why}\n`);
  process.kill(process.pid, 'SIGABRT');
  process.abort();
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EPIPE: 'Broken pipe',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
};

function messageOf(error: Error & { errno?: number }): string {
  const [code] = (error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno)) ?? [];
  const words = code === undefined ? undefined : WORDS[code];
  return words === undefined ? error.message : `${words} (os error ${-(error.errno ?? 0)})`;
}
