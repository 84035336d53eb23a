import { quote } from '../codec/shell.ts';
import { ReconcileError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Host } from './ports.ts';

/** What one host has made for one of its clients. */
export interface ClientSecrets {
  readonly key: Secret;
  /** The certificate of the host's own authority, PEM, where it has one: it is no secret. */
  readonly authority: string | undefined;
}

/** Prints the key that goes on, then the authority's certificate. */
const SCRIPT = `set -u
state=/var/lib/reconcile
[ -f "$state/clients/$1/key" ] || exit 3
read -r phase current next _ <"$state/clients/$1/key" || exit
case $phase in retiring | replacing) current=$next ;; esac
cat "$state/keys/$1.k$current" || exit
printf '\\n'
[ ! -f "$state/tls/ca.pem" ] || cat "$state/tls/ca.pem"
`;
const UNKNOWN_CLIENT = 3;

/**
 * Reads a client's API key where it was made: one exec.
 *
 * @throws ReconcileError `unreachable`, and `failed` where the host has no key for it.
 */
export async function readClientSecrets(host: Host, client: string): Promise<ClientSecrets> {
  const { code, stdout } = await host.exec(`sh -s -- ${quote(client)}`, SCRIPT, { timeoutSeconds: 30 });
  if (code === UNKNOWN_CLIENT) {
    throw new ReconcileError('failed', `there is no key for ${client} yet`, 'apply the playbook first');
  }
  const [, key, authority = ''] =
    /^([0-9a-f]{32})\n(-----BEGIN CERTIFICATE-----\n[\s\S]*)?$/.exec(stdout) ?? [];
  if (code !== 0 || key === undefined) {
    throw new ReconcileError(
      'failed',
      `the key of ${client} cannot be read`,
      'plan again: it tells what is missing there',
    );
  }
  return { key: new Secret(key), authority: authority === '' ? undefined : authority };
}
