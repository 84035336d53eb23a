import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import type { SshTarget } from './ssh-config.ts';

type Ssh2 = Pick<typeof import('ssh2'), 'OpenSSHAgent' | 'utils'>;

/** The ways to log in, in ssh's order, and why others were left out: told when none of them worked. */
export interface Credentials {
  readonly methods: readonly AnyAuthMethod[];
  readonly leftOut: readonly string[];
}

/** An identity file, as far as it can be used. */
interface Identity {
  readonly privateKey?: ParsedKey;
  /** In SSH's wire format; an agent may hold the private half. */
  readonly publicKey?: Buffer;
  readonly problem?: string;
}

/** Collects the agent's keys and the identity files that can be used without asking anybody. */
export async function credentials(ssh2: Ssh2, target: SshTarget): Promise<Credentials> {
  const identities = await Promise.all(target.identityFiles.map((file) => readIdentity(ssh2, file)));
  const wanted = identities.flatMap(({ publicKey }) => publicKey ?? []);
  const agent =
    target.agent === undefined ? undefined : await agentMethod(ssh2, target, target.agent, wanted);
  const files = identities.flatMap(({ privateKey }) => privateKey ?? []);
  return {
    methods: [
      ...(agent?.method === undefined ? [] : [agent.method]),
      ...files.map((key) => ({ type: 'publickey' as const, username: target.user, key })),
    ],
    leftOut: [agent?.problem, ...identities.map(({ problem }) => problem)].flatMap((text) => text ?? []),
  };
}

async function readIdentity({ utils }: Ssh2, file: string): Promise<Identity> {
  const [text, publicText] = await Promise.all([read(file), read(`${file}.pub`)]);
  const beside = parsed(utils.parseKey(publicText instanceof Buffer ? publicText : ''));
  const publicKey = beside?.getPublicSSH();
  const half = publicKey === undefined ? {} : { publicKey };
  if (text === undefined) return isUsual(file) ? half : { ...half, problem: `${file} is not there` };
  if (text instanceof Error) return { ...half, problem: `${file} cannot be read (${text.message})` };
  const found = utils.parseKey(text);
  const key = parsed(found);
  if (key === undefined) return { ...half, problem: `${file} ${complaint(found)}` };
  return { publicKey: key.getPublicSSH(), ...(key.isPrivateKey() ? { privateKey: key } : {}) };
}

/** Those that ssh looks for by itself; most people have one of them. */
const isUsual = (file: string) =>
  dirname(file) === join(homedir(), '.ssh') &&
  /^id_(rsa|dsa|xmss|(ecdsa|ed25519)(_sk)?)$/.test(basename(file));

const parsed = (result: ParsedKey | Error | readonly ParsedKey[]): ParsedKey | undefined =>
  result instanceof Error ? undefined : [result].flat()[0];

const complaint = (result: unknown) =>
  result instanceof Error && /passphrase/i.test(result.message)
    ? 'is encrypted: add it to ssh-agent by `ssh-add`'
    : 'is not a private key that can be used';

/** Undefined when the file does not exist. */
async function read(file: string): Promise<Buffer | Error | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR') ? undefined : error;
  }
}

/** Asks the agent beforehand: a dead one must not end a login that a file can do. */
async function agentMethod(
  { OpenSSHAgent }: Ssh2,
  target: SshTarget,
  socket: string,
  wanted: readonly Buffer[],
): Promise<{ readonly method?: AnyAuthMethod; readonly problem?: string }> {
  const agent = new OpenSSHAgent(socket);
  const keys = await identitiesOf(agent);
  if (keys instanceof Error)
    return { problem: `the ssh agent at ${socket} does not answer (${keys.message})` };
  const isWanted = (key: ParsedKey) => wanted.some((other) => other.equals(key.getPublicSSH()));
  // Servers count attempts: the keys that the configuration names come first.
  const offered = [
    ...keys.filter(isWanted),
    ...(target.identitiesOnly ? [] : keys.filter((key) => !isWanted(key))),
  ];
  if (offered.length === 0) return { problem: `the ssh agent at ${socket} holds no key for it` };
  agent.getIdentities = (callback) => callback(null, offered);
  return { method: { type: 'agent', username: target.user, agent } };
}

const AGENT_TIMEOUT_MS = 5000;

function identitiesOf(agent: BaseAgent<ParsedKey>): Promise<readonly ParsedKey[] | Error> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(new Error('it is silent')), AGENT_TIMEOUT_MS);
    agent.getIdentities((error, keys) => {
      clearTimeout(timer);
      resolve(error ?? (keys ?? []).filter((key): key is ParsedKey => 'getPublicSSH' in key));
    });
  });
}
