import { createHash } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';
import { ReconcileError } from '../model/errors.ts';
import { type Digest, PLAN_FILE } from '../model/plan.ts';
import { isDigest } from './digest.ts';

/** What a plan was made from, so that it can be made again. Paths are seen from the plan file's folder. */
export interface PlanInputs {
  readonly inventory: string;
  readonly playbooks: readonly string[];
  readonly limit?: string;
}

/** A plan on paper: free of secrets, readable, and enough to apply exactly that plan or nothing. */
export interface PlanFile extends PlanInputs {
  readonly digest: Digest;
}

/** A path that is seen from one folder, as it is seen from another; an absolute one is the same from everywhere. */
export function seenFrom(to: string, from: string, path: string): string {
  return isAbsolute(path) ? path : relative(to, resolve(from, path)) || '.';
}

/**
 * `plan` is the rendered plan, for whoever reads the file; only the digest decides what is applied. The seal shows that
 * nobody has changed the one or the other since.
 */
export function writePlanFile({ digest, inventory, playbooks, limit }: PlanFile, plan: unknown): string {
  const file = {
    kind: PLAN_FILE,
    version: 1,
    digest,
    inventory,
    playbooks,
    ...(limit === undefined ? {} : { limit }),
    plan,
  };
  return `${JSON.stringify({ ...file, seal: sealOf(file) }, null, 2)}\n`;
}

const sealOf = (file: object) => createHash('sha256').update(JSON.stringify(file)).digest('hex');

/**
 * The plan file in a text, or undefined when the text is none (a playbook, then).
 *
 * @throws ReconcileError `invalid` when it is one, but cut off, changed by hand or of another version
 */
export function readPlanFile(text: string, path: string): PlanFile | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  const file = parsed(text);
  // What was cut off is no JSON any more; a playbook has no such word.
  const isOurs = file === undefined ? text.includes(`"${PLAN_FILE}"`) : file['kind'] === PLAN_FILE;
  if (!isOurs) return undefined;
  const { seal, ...sealed } = file ?? {};
  const { version, digest, inventory, playbooks, limit } = sealed;
  const whole =
    version === 1 &&
    isDigest(digest) &&
    typeof inventory === 'string' &&
    Array.isArray(playbooks) &&
    playbooks.length > 0 &&
    playbooks.every((playbook) => typeof playbook === 'string') &&
    (limit === undefined || typeof limit === 'string');
  if (!whole) throw unusable(path, 'not a whole one of this version');
  if (seal !== sealOf(sealed)) throw unusable(path, 'it was changed after it was written');
  return { digest, inventory, playbooks, ...(limit === undefined ? {} : { limit }) };
}

const unusable = (path: string, why: string) =>
  new ReconcileError(
    'invalid',
    `${path} is a plan file, but ${why}`,
    'make it again with `reconcile plan --out`',
  );

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
