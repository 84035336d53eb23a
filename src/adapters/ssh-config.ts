import { execFile } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { ReconcileError } from '../model/errors.ts';

/** What to connect to, in the words of the inventory or of a ProxyJump. */
export interface Destination {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFile?: string;
}

/** What `ssh -G` makes of it: the part of an OpenSSH configuration that reconcile honours. */
export interface SshTarget {
  readonly address: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** The agent's socket. */
  readonly agent?: string;
  /** The hosts on the way, nearest first, as ProxyJump names them. */
  readonly jumps: readonly string[];
  readonly connectTimeoutSeconds: number;
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyAlias?: string;
}

const DEFAULT_CONNECT_TIMEOUT_SECONDS = 15;

/**
 * Asks OpenSSH what it would do, so that aliases, patterns, includes and `Match` mean the same here as there.
 *
 * @throws ReconcileError `invalid` when ssh is missing or refuses its configuration, or when that takes a way which
 * is not supported.
 */
export async function resolveSsh(destination: Destination, configFile?: string): Promise<SshTarget> {
  const argv = ['-G', ...flags(destination, configFile), '--', destination.address];
  const { stdout } = await promisify(execFile)('ssh', argv, { timeout: 10_000 }).catch((error) => {
    throw new ReconcileError(
      'invalid',
      `ssh cannot resolve ${destination.address}: ${error.stderr || error.message}`,
      `Mend the ssh configuration, or install ssh if it is missing; \`ssh -G ${destination.address}\` shows the same.`,
      error,
    );
  });
  return parseSshConfig(stdout, destination, process.env);
}

function flags({ port, user, identityFile }: Destination, configFile: string | undefined): string[] {
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
  ];
}

/** Reads the output of `ssh -G`: a lower-case key and its value a line; some keys repeat. */
export function parseSshConfig(
  output: string,
  { address, identityFile }: Pick<Destination, 'address' | 'identityFile'>,
  environment: Readonly<Record<string, string | undefined>>,
): SshTarget {
  const lines = output
    .split('\n')
    .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]);
  const all = (key: string) => lines.filter(([name]) => name === key).map(([, value = '']) => value);
  const one = (key: string) => all(key).find((value) => value !== 'none');
  refuseProxyCommand(one('proxycommand'), address);
  const hostName = one('hostname') ?? address;
  const port = Number(one('port') ?? 22);
  const user = one('user') ?? userInfo().username;
  const hostKeyAlias = one('hostkeyalias');
  const expand = expander({ address, hostName, port, user, hostKeyAlias, environment });
  const words = (key: string) =>
    all(key).flatMap((value) => value.split(' ').filter((word) => word !== 'none'));
  // ssh leaves out a file that was named to it and is not there, which is what the operator has to know.
  const named = identityFile === undefined ? [] : [identityFile];
  const agent = agentSocket(all('identityagent')[0], environment);
  const timeout = Number(one('connecttimeout'));
  return {
    address,
    hostName,
    port,
    user,
    identityFiles: [
      ...new Set([...named, ...all('identityfile').filter((file) => file !== 'none')].map(expand)),
    ],
    identitiesOnly: one('identitiesonly') === 'yes',
    ...(agent === undefined ? {} : { agent: expand(agent) }),
    jumps: (one('proxyjump') ?? '').split(',').filter(Boolean),
    connectTimeoutSeconds: timeout > 0 ? timeout : DEFAULT_CONNECT_TIMEOUT_SECONDS,
    knownHostsFiles: [...words('userknownhostsfile'), ...words('globalknownhostsfile')].map(expand),
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
  };
}

function refuseProxyCommand(command: string | undefined, address: string): void {
  if (command === undefined) return;
  throw new ReconcileError(
    'invalid',
    `the ssh configuration reaches ${address} by a ProxyCommand, which reconcile does not run`,
    'Use ProxyJump for it, or make `ssh -L` forward a local port and give that as the address.',
  );
}

/** `IdentityAgent` is a path, `none`, `SSH_AUTH_SOCK` or the name of another variable; without it, SSH_AUTH_SOCK counts. */
function agentSocket(
  setting: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (setting === 'none') return undefined;
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return environment['SSH_AUTH_SOCK'] || undefined;
  return setting.startsWith('$') && !setting.startsWith('${') ? environment[setting.slice(1)] : setting;
}

/** ssh -G prints paths as they are configured: this does what ssh does when it uses them. */
function expander(words: {
  readonly address: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): (path: string) => string {
  const tokens: Readonly<Record<string, string>> = {
    '%%': '%',
    '%d': homedir(),
    '%h': words.hostName,
    '%i': String(userInfo().uid),
    '%k': words.hostKeyAlias ?? words.address,
    '%n': words.address,
    '%p': String(words.port),
    '%r': words.user,
    '%u': userInfo().username,
  };
  return (path) =>
    path
      .replace(/^~(?=\/|$)/, () => homedir())
      .replace(/\$\{(\w+)\}/g, (_, name: string) => words.environment[name] ?? '')
      .replace(/%./g, (token) => tokens[token] ?? token);
}

/**
 * One hop of a ProxyJump: `[user@]host[:port]`, `[user@][address]:port` or `ssh://…`.
 *
 * @throws ReconcileError `invalid` for anything else.
 */
export function parseJump(text: string): Destination {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@/]+))(?::(\d+))?\/?$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined) {
    throw new ReconcileError(
      'invalid',
      `cannot understand the ProxyJump ${JSON.stringify(text)}`,
      'Write [user@]host[:port].',
    );
  }
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
