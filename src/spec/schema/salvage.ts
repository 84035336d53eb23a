import type { Path, Plain } from '../yaml/located.ts';
import { targetOf } from './target.ts';
import { type SchemaError, type SchemaName, schemaErrors } from './validators.ts';

/** A wrong value can hide another below it, at most once for each level of our schemas. */
const ROUNDS = 8;

/** These don't say what is wrong with a value that is there. */
const LACKS = new Set(['required', 'minProperties', 'discriminator']);

/**
 * Takes out what the errors are about, until everything that is left is right: so that the rules between keys can
 * look at it. Required keys may be missing. Undefined when nothing is left.
 */
export function salvage(name: SchemaName, plain: Plain, errors: readonly SchemaError[]): Plain | undefined {
  let left = errors;
  for (let round = 0; round < ROUNDS; round += 1) {
    const targets = left.filter((error) => !LACKS.has(error.keyword)).map(targetOf);
    if (targets.length === 0) return plain;
    if (targets.some((target) => target.length === 0)) return undefined;
    for (const target of targets) remove(plain, target);
    left = schemaErrors(name, plain);
  }
  return undefined;
}

/** Items of a list are taken out with their list: the others would move. */
function remove(root: Plain, path: Path): void {
  let parent: Plain | undefined = root;
  for (const [index, part] of path.entries()) {
    if (parent === null || typeof parent !== 'object') return;
    if (index === path.length - 1) removeChild(root, parent, path);
    else parent = Reflect.get(parent, part);
  }
}

function removeChild(root: Plain, parent: object, path: Path): void {
  if (Array.isArray(parent)) remove(root, path.slice(0, -1));
  else Reflect.deleteProperty(parent, path.at(-1) ?? '');
}
