import { ReconcileError } from '../model/errors.ts';
import type { Digest } from '../model/plan.ts';
import { type PlanFile, readPlanFile } from './plan-file.ts';
import type { Subject } from './planning.ts';
import { readPlaybooks } from './wire.ts';

interface Given {
  readonly inventory?: string;
  readonly limit?: string;
  readonly expect?: Digest;
  readonly forks: number;
  readonly sshConfig?: string;
}

/** What is to be applied: playbooks with an inventory, or what a plan file was made from, and then exactly that plan. */
export async function applied(
  files: readonly string[],
  given: Given,
): Promise<{ readonly subject: Subject; readonly expected: Digest | undefined }> {
  const planFile = await planFileIn(files, given.inventory === undefined);
  if (planFile !== undefined) return fromPlanFile(planFile, given);
  const { inventory, expect, ...rest } = given;
  if (inventory === undefined)
    throw usage('playbooks need an inventory', 'give one with -i, or give a plan file');
  return { subject: { ...rest, inventory, playbooks: files }, expected: expect };
}

/** @param isPlanFile whether nothing else can be meant, so that what cannot be read is missed here and now */
async function planFileIn(files: readonly string[], isPlanFile: boolean): Promise<PlanFile | undefined> {
  const found: PlanFile[] = [];
  for (const { path, content } of await readPlaybooks(files)) {
    if (content.kind === 'unreadable' && isPlanFile)
      throw usage(`${path} cannot be read: ${content.why}`, 'check the path and its permissions');
    // As a playbook it has its finding.
    if (content.kind !== 'bytes') continue;
    const file = readPlanFile(new TextDecoder().decode(content.bytes), path);
    if (file !== undefined) found.push(file);
  }
  if (found.length > 0 && files.length > 1)
    throw usage('a plan file stands alone', 'give it without other files');
  return found[0];
}

function fromPlanFile({ digest, ...inputs }: PlanFile, { inventory, limit, expect, ...rest }: Given) {
  if (inventory !== undefined || limit !== undefined) {
    throw usage('a plan file has its own inventory and limit', 'leave out -i and --limit');
  }
  if (expect !== undefined && expect !== digest) {
    throw usage(`the plan file has the digest ${digest}, not ${expect}`, 'look which plan is meant');
  }
  return { subject: { ...rest, ...inputs }, expected: digest };
}

const usage = (message: string, remedy: string) => new ReconcileError('invalid', message, remedy);
