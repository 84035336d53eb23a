/** Whether a text matches a shell pattern: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`. Time grows with text times pattern. */
export function matchesGlob(text: string, glob: string): boolean {
  const tokens = tokensOf(glob);
  let [at, token] = [0, 0];
  // Where to go on when a guess for the last star was too short.
  let retry: { at: number; token: number } | undefined;
  while (at < text.length) {
    const current = tokens[token];
    if (current === '*') {
      retry = { at, token };
      token += 1;
    } else if (current !== undefined && fits(text[at] ?? '', current)) {
      at += 1;
      token += 1;
    } else if (retry) {
      retry = { at: retry.at + 1, token: retry.token };
      [at, token] = [retry.at, retry.token + 1];
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}

export const isGlob = (text: string): boolean => /[*?[]/.test(text);

/** Single characters, and `[…]` as one. An unclosed bracket stands for itself. */
function tokensOf(glob: string): string[] {
  return glob.match(/\[!?\]?[^\]]*\]|[\s\S]/g) ?? [];
}

function fits(character: string, token: string): boolean {
  if (token === '?') return true;
  if (token.length === 1) return character === token;
  const negated = token.startsWith('[!');
  const set = token.slice(negated ? 2 : 1, -1);
  return inSet(character, set) !== negated;
}

function inSet(character: string, set: string): boolean {
  for (let index = 0; index < set.length; index += 1) {
    const first = set[index] ?? '';
    const last = set[index + 1] === '-' ? set[index + 2] : undefined;
    if (last === undefined ? character === first : character >= first && character <= last) return true;
    if (last !== undefined) index += 2;
  }
  return false;
}
