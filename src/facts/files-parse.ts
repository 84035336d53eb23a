import { createHash } from 'node:crypto';
import type { ObservedFile } from '../model/observed.ts';
import { number } from './fact.ts';

type Draft = { -readonly [K in keyof ObservedFile]: ObservedFile[K] };
type Found = Map<string, { readonly file: Draft; readonly size: number }>;

/**
 * Reads the three parts of the files fact: what find and sha256sum say, `errors` and their complaints, `texts` and
 * what the redaction says.
 *
 * @throws Error when a folder could not be listed: what lies in it would look absent.
 */
export function parseFiles(lines: readonly string[]): Record<string, ObservedFile> {
  const [errors, texts] = [lines.indexOf('errors'), lines.indexOf('texts')];
  if (errors < 0 || texts < errors) throw new Error('the listing has no end');
  const found: Found = new Map();
  addEntries(lines.slice(0, errors), found);
  for (const line of lines.slice(errors + 1, texts)) addError(line, found);
  addTexts(lines.slice(texts + 1), found);
  return Object.fromEntries([...found].map(([path, { file }]) => [path, file]));
}

const TYPES: Readonly<Record<string, ObservedFile['type']>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
};
/** `file f 640 root rathole 1763687691.1234567890 512 /etc/rathole/server.toml` */
const ENTRY = /^file (\S) (\d+) (\S+) (\S+) (\d+\.\d+) (\d+) (\/.*)$/;
const HASH = /^([0-9a-f]{64}) {2}(\/.*)$/;

function addEntries(lines: readonly string[], found: Found): void {
  let last: Draft | undefined;
  for (const line of lines) {
    const [, type = '', mode = '', owner = '', group = '', modified = '', size = '', path = ''] =
      ENTRY.exec(line) ?? [];
    const [, sha256, hashed = ''] = HASH.exec(line) ?? [];
    const file = found.get(hashed)?.file;
    if (path !== '') {
      last = {
        type: TYPES[type] ?? 'other',
        owner,
        group,
        mode: mode.padStart(4, '0'),
        modified: number(modified),
      };
      found.set(path, { file: last, size: number(size) });
    } else if (file !== undefined && sha256 !== undefined) file.sha256 = sha256;
    else if (line.startsWith('link ') && last !== undefined) last.target = line.slice('link '.length);
    else throw new Error(`the listing says ${JSON.stringify(line)}`);
  }
}

/** `find: '/etc/rathole': Permission denied`, `sha256sum: /etc/rathole/server.toml: Permission denied` */
function addError(line: string, found: Found): void {
  if (line === '' || /^find: .*: No such file or directory$/.test(line)) return;
  const [, path = '', why = ''] = /^sha256sum: '?(\/.*?)'?: ([^:]+)$/.exec(line) ?? [];
  const file = found.get(path)?.file;
  if (file === undefined) throw new Error(line);
  file.unreadable = why;
}

/** `text PATH`, then its lines behind `|` or `withheld WHY`, then `bytes N`. */
function addTexts(lines: readonly string[], found: Found): void {
  let path = '';
  let body: string[] = [];
  let withheld: string | undefined;
  for (const line of lines) {
    if (line.startsWith('|')) body.push(line.slice(1));
    else if (line.startsWith('withheld ')) withheld = line.slice('withheld '.length);
    else if (line.startsWith('text ')) [path, body, withheld] = [line.slice('text '.length), [], undefined];
    else if (line.startsWith('bytes '))
      addText(path, found, body, number(line.slice('bytes '.length)), withheld);
    else throw new Error(`the texts say ${JSON.stringify(line)}`);
  }
}

/** awk counts a line break behind each line, also where the last one lacks it; any other difference is a change. */
function addText(
  path: string,
  found: Found,
  body: readonly string[],
  bytes: number,
  withheld: string | undefined,
): void {
  const entry = found.get(path);
  if (entry === undefined) throw new Error(`${path} appeared while the host was observed`);
  const { file, size } = entry;
  if (withheld !== undefined) file.withheld = withheld;
  else if (bytes === size) file.text = `${body.join('\n')}\n`;
  else if (bytes === size + 1) file.text = body.join('\n');
  else file.unreadable = 'it changed while it was read, or is not a text';
  if (file.text !== undefined && !file.text.includes('{{') && sha256(file.text) !== file.sha256) {
    file.unreadable = 'it changed while it was read, or is not a text';
  }
  if (file.unreadable !== undefined) delete file.text;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
