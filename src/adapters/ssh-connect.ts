import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeSSH } from 'node-ssh';
import { ReconcileError } from '../model/errors.ts';
import { knownHostsKey, pinnedKey } from './host-key.ts';
import { readKnownHosts } from './known-hosts.ts';
import { type Credentials, credentials } from './ssh-auth.ts';
import type { SshTarget } from './ssh-config.ts';

/** An open connection. `lost` is set once it has broken, with the reason. */
export interface Link {
  readonly ssh: NodeSSH;
  readonly lost: () => Error | undefined;
  /** Resolves when the connection is gone. Ends it by force when the other side does not answer. */
  close(): Promise<void>;
}

/** A host that no longer answers is noticed after 15 to 20 s, also in the middle of a long command. */
const KEEPALIVE = { keepaliveInterval: 5000, keepaliveCountMax: 3 };
const CLOSE_TIMEOUT_MS = 1000;

/** Large modules, only for those who need them; loaded once, as early as somebody asks. */
export const loadSsh = () => Promise.all([import('node-ssh'), import('ssh2')]);

/**
 * Connects and logs in.
 *
 * @param via a stream that already leads to the host, through another one
 * @throws ReconcileError `unreachable`, with the host key's fingerprint where that is the reason
 */
export async function openLink(target: SshTarget, pinned: string | undefined, via?: Duplex): Promise<Link> {
  const [[{ NodeSSH }, { default: ssh2 }], known] = await Promise.all([
    loadSsh(),
    pinned === undefined ? readKnownHosts(target.knownHostsFiles) : [],
  ]);
  const check = pinned === undefined ? knownHostsKey(target, known) : pinnedKey(target, pinned);
  const login = await credentials(ssh2, target);
  if (login.methods.length === 0) throw noKey(target, login);
  const ssh = new NodeSSH();
  // A login is many small packets: each that waits for the one before to be acknowledged costs 40 ms.
  const sock = via ?? connect({ host: target.hostName, port: target.port, noDelay: true });
  let refusal: ReconcileError | undefined;
  try {
    await ssh.connect({
      sock,
      username: target.user,
      authHandler: [...login.methods],
      algorithms: { serverHostKey: [...check.algorithms] },
      hostVerifier: (key: Buffer) => {
        refusal = check.refusal(key);
        return refusal === undefined;
      },
      readyTimeout: target.connectTimeoutSeconds * 1000,
      ...KEEPALIVE,
    });
  } catch (error) {
    ssh.connection?.destroy();
    sock.destroy();
    throw refusal ?? failure(target, login, error);
  }
  return watched(ssh);
}

function watched(ssh: NodeSSH): Link {
  const { connection } = ssh;
  let lost: Error | undefined = connection === null ? new Error('it closed at once') : undefined;
  const closed = new Promise<void>((resolve) => {
    if (connection === null) return resolve();
    // node-ssh stops listening once it is connected; an error without a listener would end the process.
    connection.on('error', (error) => {
      lost ??= error;
    });
    connection.on('close', () => {
      lost ??= new Error('the other side closed it');
      resolve();
    });
  });
  return {
    ssh,
    lost: () => lost,
    close: async () => {
      connection?.end();
      const timer = setTimeout(() => connection?.destroy(), CLOSE_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function failure(target: SshTarget, login: Credentials, error: unknown): ReconcileError {
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  const where = placeOf(target);
  if (level === 'client-authentication') {
    return new ReconcileError(
      'unreachable',
      `${where} accepts none of the keys at hand${because(login)}`,
      `See that \`ssh ${target.address} true\` works without asking anything.`,
      error,
    );
  }
  if (level === 'client-timeout') {
    return new ReconcileError(
      'unreachable',
      `${where} does not answer within ${target.connectTimeoutSeconds} s`,
      'Is it up, is that its address, and does a firewall let ssh through? ConnectTimeout in ssh_config sets the limit.',
      error,
    );
  }
  return new ReconcileError(
    'unreachable',
    `cannot connect to ${where}: ${reason}`,
    'Is it up, is that its address, and does sshd listen there?',
    error,
  );
}

const noKey = (target: SshTarget, login: Credentials) =>
  new ReconcileError(
    'unreachable',
    `there is no key to log in to ${placeOf(target)} with${because(login) || noneOf(target)}`,
    'Put a key without a passphrase there, name another by IdentityFile or ansible_ssh_private_key_file, or add one to ssh-agent (`ssh-add`).',
  );

const placeOf = ({ user, hostName, port }: SshTarget) => `${user}@${hostName} port ${port}`;

const noneOf = ({ identityFiles }: SshTarget) =>
  identityFiles.length === 0 ? '' : ` (none of ${identityFiles.join(', ')} is there)`;

const because = ({ leftOut }: Credentials) => (leftOut.length === 0 ? '' : ` (${leftOut.join('; ')})`);
