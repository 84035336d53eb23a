import { maskSecrets, secretsOf, showFingerprints, UNKNOWN_FINGERPRINT } from '../codec/placeholder.ts';

/**
 * Whether an observed text is the wanted one, secrets included: those of the wanted text are placeholders, whose
 * fingerprints are known where the token is in use. A host without a salt has no fingerprints to compare.
 */
export function sameText(
  observed: string,
  wanted: string,
  fingerprints: ReadonlyMap<string, string>,
): boolean {
  if (maskSecrets(observed) !== maskSecrets(wanted)) return false;
  const found = secretsOf(observed);
  const expected = secretsOf(showFingerprints(wanted, fingerprints));
  return found.every((each, at) => {
    const other = expected[at];
    return each === other || each === UNKNOWN_FINGERPRINT || other === UNKNOWN_FINGERPRINT;
  });
}
