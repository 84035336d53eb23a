/** A path that is written relative to a file, as seen from where that file's own path starts. */
export function besideFile(file: string, path: string): string {
  if (path.startsWith('/')) return path;
  const root = file.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of [...file.split('/').slice(0, -1), ...path.split('/')]) {
    if (part === '' || part === '.') continue;
    const canGoUp = parts.length > 0 && parts.at(-1) !== '..';
    if (part !== '..') parts.push(part);
    else if (canGoUp) parts.pop();
    else if (root === '') parts.push(part);
  }
  return root + parts.join('/');
}
