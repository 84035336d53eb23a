/** Stands for a token in every text outside its host. */
export function tokenPlaceholder(service: string, generation: number): string {
  return `{{token ${service} g${generation}}}`;
}

/** Stands for a client's API key in every text outside its host. */
export function keyPlaceholder(client: string, number: number): string {
  return `{{key ${client} k${number}}}`;
}

/** Stands for the group of nginx's workers, which only a host that has nginx can tell. */
export const NGINX_GROUP = '{{nginx group}}';

/** What stands for a fingerprint that the host could not make, having no salt. */
export const UNKNOWN_FINGERPRINT = 'unknown';

const SECRET = /\{\{(?:token|key|fingerprint) ([^{}]*)\}\}/g;

/** The text with every placeholder and fingerprint alike: two texts that differ in secrets only become equal. */
export function maskSecrets(text: string): string {
  return text.replaceAll(SECRET, '{{secret}}');
}

/** The fingerprints (or the tokens' names) of a text, in their order. */
export function secretsOf(text: string): readonly string[] {
  return [...text.matchAll(SECRET)].map((match) => match[1] ?? '');
}

/** Replaces each token's placeholder by its fingerprint where that is known. */
export function showFingerprints(text: string, fingerprints: ReadonlyMap<string, string>): string {
  return text.replaceAll(SECRET, (placeholder, name: string) => {
    const known = fingerprints.get(name);
    return known === undefined ? placeholder : `{{fingerprint ${known}}}`;
  });
}
