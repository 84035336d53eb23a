import type { ObservedCertificate } from '../model/observed.ts';
import { type Fact, tagged } from './fact.ts';

const CERTIFICATES = ['/var/lib/reconcile/tls/ca.pem', '/var/lib/reconcile/tls/leaf.pem'];

export const certificates: Fact<Readonly<Record<string, ObservedCertificate>>> = {
  shell: `
  for file in ${CERTIFICATES.join(' ')}; do
    [ -f "$file" ] || continue
    said=$(openssl x509 -in "$file" -noout -enddate -ext subjectAltName 2>&1) ||
      { unreadable "$file: $said"; return; }
    printf 'file %s\\n%s\\n' "$file" "$said"
  done`,
  parse: (lines) => {
    const found: Record<string, ObservedCertificate> = {};
    let path = '';
    for (const [tag, rest] of tagged(lines)) {
      if (tag === 'file') {
        path = rest;
        found[path] = { expires: Number.NaN, names: [] };
      } else {
        found[path] = {
          expires: Number.NaN,
          names: [],
          ...found[path],
          ...parseLine(`${tag} ${rest}`.trim()),
        };
      }
    }
    if (Object.values(found).some(({ expires }) => Number.isNaN(expires))) throw new Error('no end date');
    return found;
  },
};

/** `notAfter=Nov 21 01:14:51 2027 GMT`, and behind a heading `DNS:a.example, IP Address:192.0.2.1`. */
function parseLine(line: string): Partial<ObservedCertificate> {
  const end = /^notAfter=(.*)$/.exec(line)?.[1];
  if (end !== undefined) return { expires: Date.parse(end) / 1000 };
  if (!/^(DNS|IP Address):/.test(line)) return {};
  return {
    names: line.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
  };
}
