import { access, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReconcileError } from '../model/errors.ts';
import type { Digest } from '../model/plan.ts';
import { type PlanFile, readPlanFile, seenFrom } from './plan-file.ts';
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
  const found = await planFileIn(files, given.inventory === undefined);
  if (found !== undefined) return fromPlanFile(found, given);
  const { inventory, expect, ...rest } = given;
  if (inventory === undefined)
    throw usage(
      'these are playbooks, which need an inventory, or no plan file',
      'give an inventory with -i, or a file that `reconcile plan --out` wrote',
    );
  return { subject: { ...rest, inventory, playbooks: files }, expected: expect };
}

interface Found extends PlanFile {
  readonly path: string;
}

/** @param isPlanFile whether nothing else can be meant, so that what cannot be read is missed here and now */
async function planFileIn(files: readonly string[], isPlanFile: boolean): Promise<Found | undefined> {
  const found: Found[] = [];
  for (const { path, content } of await readPlaybooks(files)) {
    if (content.kind === 'unreadable' && isPlanFile)
      throw usage(`${path} cannot be read: ${content.why}`, 'check the path and its permissions');
    if (content.kind === 'too-large' && isPlanFile)
      throw usage(
        `${path} is too large: ${content.size} bytes`,
        'plan for fewer hosts at once, with --limit',
      );
    // As a playbook it has its finding.
    if (content.kind !== 'bytes') continue;
    const file = readPlanFile(new TextDecoder().decode(content.bytes), path);
    if (file !== undefined) found.push({ path, ...file });
  }
  if (found.length > 0 && files.length > 1)
    throw usage('a plan file stands alone', 'give it without other files');
  return found[0];
}

async function fromPlanFile(file: Found, { inventory, limit, expect, ...rest }: Given) {
  if (inventory !== undefined || limit !== undefined) {
    throw usage('a plan file has its own inventory and limit', 'leave out -i and --limit');
  }
  if (expect !== undefined && expect !== file.digest) {
    throw new ReconcileError(
      'refused',
      `the plan file has the digest ${file.digest}, expected was ${expect}`,
      'look which plan is meant',
    );
  }
  const folder = await realpath(dirname(file.path));
  const fromHere = (path: string) => seenFrom(process.cwd(), folder, path);
  const inputs = { inventory: fromHere(file.inventory), playbooks: file.playbooks.map(fromHere) };
  for (const path of [inputs.inventory, ...inputs.playbooks]) await missNothing(path);
  const limited = file.limit === undefined ? {} : { limit: file.limit };
  return { subject: { ...rest, ...inputs, ...limited }, expected: file.digest };
}

async function missNothing(path: string): Promise<void> {
  await access(path).catch(() => {
    throw usage(
      `${path}, which the plan was made from, cannot be read`,
      'a plan file knows its sources by where they lie from its own folder: put it back there, or plan again',
    );
  });
}

const usage = (message: string, remedy: string) => new ReconcileError('invalid', message, remedy);
