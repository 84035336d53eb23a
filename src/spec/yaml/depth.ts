import type { CST } from 'yaml';
import type { Findings } from '../findings.ts';
import type { Source } from '../source.ts';

/** Real files nest about eight deep. */
const MAX_DEPTH = 64;

/** Complains about the first collection that is nested too deeply; without recursion, whatever the depth. */
export function refuseDepth(tokens: readonly CST.Token[], source: Source, findings: Findings): boolean {
  const left: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = left.pop(); next; next = left.pop()) {
    const depth = next.depth + 1;
    if (depth > MAX_DEPTH) {
      const start = next.token.offset;
      findings.add(
        'yaml-too-deep',
        { source, range: { start, end: start + 1 } },
        {
          message: `values are nested more than ${MAX_DEPTH} deep`,
          remedy: 'check for a stray `[`, `{` or `-`; nothing here needs such depth',
        },
      );
      return true;
    }
    for (const token of childrenOf(next.token)) left.push({ token, depth });
  }
  return false;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value]).filter((child) => child != null);
}
