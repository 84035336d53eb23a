import { X509Certificate } from 'node:crypto';
import type { ObservedCertificate } from '../model/observed.ts';
import { type Fact, tagged } from './fact.ts';

const CERTIFICATES = ['/var/lib/reconcile/tls/ca.pem', '/var/lib/reconcile/tls/leaf.pem'];

export const certificates: Fact<Readonly<Record<string, ObservedCertificate>>> = {
  // As they are: openssl takes longer to start than everything else here together.
  shell: `
  for file in ${CERTIFICATES.join(' ')}; do
    [ -f "$file" ] || continue
    printf 'file %s\\n' "$file"
    sed 's/^/pem /' "$file" || { unreadable "$file cannot be read"; return; }
  done`,
  parse: (lines) => {
    const texts: [path: string, pem: string][] = [];
    for (const [tag, rest] of tagged(lines)) {
      const last = texts.at(-1);
      if (tag === 'file') texts.push([rest, '']);
      else if (last !== undefined) last[1] += `${rest}\n`;
    }
    return Object.fromEntries(texts.map(([path, pem]) => [path, parseCertificate(path, pem)]));
  },
};

/** The first certificate of a file; what follows is its chain. */
function parseCertificate(path: string, pem: string): ObservedCertificate {
  try {
    const { validTo, subjectAltName } = new X509Certificate(pem);
    // `DNS:a.example, IP Address:192.0.2.1`
    const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [];
    return { expires: Date.parse(validTo) / 1000, names };
  } catch (cause) {
    throw new Error(`${path} holds no certificate`, { cause });
  }
}
