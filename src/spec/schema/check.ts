import { type Findings, show } from '../findings.ts';
import { keySpotOf, type Located, type Plain, spotOf, toPlain, valueAt } from '../yaml/located.ts';
import { complaintAbout, ruleOf } from './complaints.ts';
import { salvage } from './salvage.ts';
import { targetOf } from './target.ts';
import { type SchemaError, type SchemaName, schemaErrors } from './validators.ts';

/** These only say that something below them is wrong. */
const WRAPPERS = new Set(['propertyNames', 'discriminator']);

/**
 * Checks a value against a schema, one finding for each mistake.
 *
 * @returns what is left when everything wrong is taken out (required keys may be missing); undefined when nothing is
 */
export function checkSchema(name: SchemaName, root: Located, findings: Findings): Plain | undefined {
  const plain = toPlain(root);
  const errors = schemaErrors(name, plain).filter((error) => !WRAPPERS.has(error.keyword));
  const told = new Set<string>();
  for (const error of errors) {
    // A scalar that breaks its pattern and its format is one mistake.
    const about = JSON.stringify([...targetOf(error), error.keyword === 'required' ? error.params : '']);
    if (!told.has(about)) tell(error, root, findings);
    told.add(about);
  }
  return errors.length === 0 ? plain : salvage(name, plain, errors);
}

function tell(error: SchemaError, root: Located, findings: Findings): void {
  const target = targetOf(error);
  const isAboutKey =
    error.propertyName !== undefined ||
    error.keyword === 'additionalProperties' ||
    error.keyword === 'required';
  const spot = isAboutKey ? keySpotOf(root, target) : spotOf(root, target);
  const value = valueAt(root, target);
  if (!isAboutKey && value?.kind === 'scalar' && value.isBroken) return;
  const found = isAboutKey ? show(target.at(-1)) : show(value && toPlain(value));
  const complaint = complaintAbout(error, found, findings);
  findings.add(ruleOf(error), spot, error.keyword === 'required' ? complaint : { ...complaint, found });
}
