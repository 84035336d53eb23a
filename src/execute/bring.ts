import { authorityPlaceholder, keyPlaceholder } from '../artifacts/bundle/client-files.ts';
import { ReconcileError } from '../model/errors.ts';
import type { HostPlan } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { Step } from '../model/step.ts';
import { readClientSecrets } from './client-secrets.ts';
import type { Host } from './ports.ts';
import type { Brought } from './script/transaction.ts';

/** What a client's transaction takes along from its servers. */
interface Delivery {
  readonly brought: Brought;
  /** By the placeholder that stands for it until the transaction is sent. */
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * Reads from each server what the steps' texts want of it: one exec each.
 *
 * @throws ReconcileError `unreachable`, and `failed` where a server does not have it.
 */
export async function bring(
  { host, joins = [], steps }: HostPlan,
  connect: (host: string) => Promise<Host>,
): Promise<Delivery> {
  const brought = new Map<string, string>();
  const secrets = new Map<string, Secret>();
  for (const server of joins) {
    const [key, authority] = [keyPlaceholder(server.name), authorityPlaceholder(server.name)];
    const [wantsKey, wantsAuthority] = [wants(steps, key), wants(steps, authority)];
    if (!wantsKey && !wantsAuthority) continue;
    const found = await readClientSecrets(await connect(server.host), host);
    if (wantsKey) {
      brought.set(words(key), key);
      secrets.set(key, found.key);
    }
    if (wantsAuthority) brought.set(words(authority), found.authority ?? missing(server.host));
  }
  return { brought, secrets };
}

const wants = (steps: readonly Step[], placeholder: string) =>
  steps.some((step) => step.kind === 'write-file' && step.text.includes(placeholder));

const words = (placeholder: string) => placeholder.slice(2, -2);

function missing(host: string): never {
  throw new ReconcileError(
    'failed',
    `${host} has no authority of its own`,
    'plan again: it tells what is missing there',
  );
}
