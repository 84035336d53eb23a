import { execa, type Options } from 'execa';

/** What a finished program left behind; `code` is 128 + n when signal n ended it. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** Milliseconds until the program is killed and the call throws; 60,000 unless given. */
  readonly timeout?: number;
  readonly cwd?: string;
  /** Replaces nothing: these are added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT = 60_000;
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGTERM: 15,
};

/**
 * Runs a program of this machine to its end. A non-zero exit is an answer, not an error.
 * @throws when it cannot be started, or does not end within the timeout.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [file = '', ...args] = argv;
  const result = await execa(file, args, execaOptions(options));
  if (result.timedOut)
    throw new Error(`no end after ${options.timeout ?? DEFAULT_TIMEOUT} ms: ${shown(argv)}`);
  if (result.exitCode === undefined && result.signal === undefined)
    throw new Error(`cannot start: ${shown(argv)}`, { cause: result.cause });
  const code = result.exitCode ?? 128 + (SIGNALS[result.signal ?? ''] ?? 0);
  return { code, stdout: result.stdout, stderr: result.stderr };
}

/** Like `run`, but anything else than exit status 0 is an error that shows what the program said. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  return expectSuccess(await run(argv, options), shown(argv));
}

/** @returns stdout. @throws with both outputs' ends unless the exit status was 0. */
export function expectSuccess(ran: Ran, what: string): string {
  if (ran.code === 0) return ran.stdout;
  const said = [ran.stdout, ran.stderr].map((text) => text.trim().slice(-2000)).filter(Boolean);
  throw new Error([`exit status ${ran.code}: ${what}`, ...said].join('\n'));
}

function execaOptions(options: RunOptions) {
  const { stdin, timeout = DEFAULT_TIMEOUT, cwd, env } = options;
  return {
    reject: false,
    stripFinalNewline: false,
    timeout,
    forceKillAfterDelay: 1000,
    // Ctrl-C on a terminal must reach the runner alone, which then tears down in order.
    detached: true,
    cleanup: false,
    ...(stdin === undefined ? { stdin: 'ignore' as const } : { input: stdin }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  } satisfies Options;
}

const shown = (argv: readonly string[]) => argv.join(' ').slice(0, 300);
