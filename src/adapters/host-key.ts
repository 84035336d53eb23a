import { ReconcileError } from '../model/errors.ts';
import {
  fingerprint,
  judge,
  type KnownHost,
  keyType,
  knownTypes,
  lookupNames,
  type Verdict,
} from './known-hosts.ts';
import type { SshTarget } from './ssh-config.ts';

/** Decides whether a host is who it should be. */
export interface HostKeyCheck {
  /** For the key exchange, best first: a host that is known by one key must not be asked for another. */
  readonly algorithms: readonly Algorithm[];
  /** Undefined when the key (in SSH's wire format) is the right one. */
  refusal(key: Buffer): ReconcileError | undefined;
}

const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

type Algorithm = (typeof ALGORITHMS)[number];

/** The signature algorithms of a key type: RSA keys have several. */
const algorithmsOf = (type: string) =>
  ALGORITHMS.filter((name) => (type === 'ssh-rsa' ? name.startsWith('rsa-') : name === type));

const preferred = (types: readonly string[]) => [...new Set([...types.flatMap(algorithmsOf), ...ALGORITHMS])];

/**
 * Checks against one pinned key, `TYPE BASE64`; known_hosts then does not count.
 *
 * @throws ReconcileError `invalid` when it is not of that form.
 */
export function pinnedKey(target: SshTarget, pinned: string): HostKeyCheck {
  const [type = '', base64 = ''] = pinned.trim().split(/\s+/);
  const key = Buffer.from(base64, 'base64');
  if (key.length < 8 || key.readUInt32BE(0) > 64 || keyType(key) !== type) {
    throw new ReconcileError(
      'invalid',
      `the reconcile_host_key of ${target.address} is not a public key`,
      'Write it as in /etc/ssh/ssh_host_ed25519_key.pub of the host: ssh-ed25519 AAAA….',
    );
  }
  return {
    algorithms: preferred([type]),
    refusal: (offered) =>
      offered.equals(key)
        ? undefined
        : refused(
            `${named(target)} presents another ssh key than the pinned one: ${described(offered)} instead of ${described(key)}`,
            'Somebody may be in between. If the host was set up anew, change reconcile_host_key in the inventory to ' +
              `"${line(offered)}", after comparing the fingerprint on the host itself.`,
          ),
  };
}

/** Checks against known_hosts, strictly, whatever StrictHostKeyChecking says. */
export function knownHostsKey(target: SshTarget, entries: readonly KnownHost[]): HostKeyCheck {
  const names = lookupNames(target.hostName, target.port, target.hostKeyAlias);
  return {
    algorithms: preferred(knownTypes(entries, names)),
    refusal: (offered) => explain(judge(entries, names, offered), target, names[0] ?? '', offered),
  };
}

function explain(
  verdict: Verdict,
  target: SshTarget,
  name: string,
  offered: Buffer,
): ReconcileError | undefined {
  const compare = `Compare the fingerprint with what \`ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub\` prints on the host itself`;
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown':
      return refused(
        `the ssh key of ${named(target)} is not known: ${described(offered)}${verdict.authority ? ' (certificate authorities in known_hosts are not supported)' : ''}`,
        `${compare}, then add the line "${name} ${line(offered)}" to ${target.knownHostsFiles[0] ?? 'known_hosts'}, ` +
          `or set reconcile_host_key: "${line(offered)}" in the inventory.`,
      );
    case 'changed':
      return refused(
        `the ssh key of ${named(target)} has changed: ${described(offered)} instead of ` +
          verdict.others
            .map((entry) => `${described(Buffer.from(entry.key, 'base64'))} (${entry.where})`)
            .join(', '),
        `Somebody may be in between. If the host was set up anew: ${compare.toLowerCase()}, remove the old key by ` +
          `\`ssh-keygen -R '${name}'\` and add "${name} ${line(offered)}".`,
      );
    case 'revoked':
      return refused(
        `the ssh key of ${named(target)} is revoked (${verdict.where}): ${described(offered)}`,
        'Give the host a new key, and add that one to known_hosts.',
      );
  }
}

const refused = (message: string, remedy: string) => new ReconcileError('unreachable', message, remedy);
const described = (key: Buffer) => `${keyType(key)} ${fingerprint(key)}`;
const line = (key: Buffer) => `${keyType(key)} ${key.toString('base64')}`;
const named = ({ address, hostName, port }: SshTarget) =>
  address === hostName ? `${address} (port ${port})` : `${address} (${hostName} port ${port})`;
