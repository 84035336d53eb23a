import type { Findings } from './findings.ts';
import { Source } from './source.ts';
import { type Content, MAX_FILE_BYTES, type SourceFile } from './sources.ts';

const START = { start: 0, end: 0 };
/** What YAML does not allow, and a carriage return alone: some readers take it for the end of a line, ours does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const CONTROL_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\r(?!\n)/;

/** Bytes to text: refuses what YAML does not allow before any parser sees it. Undefined when there is no text. */
export function readText(file: SourceFile, findings: Findings): Source | undefined {
  if (file.content.kind !== 'bytes') return refuseUnread(file.path, file.content, findings);
  const text = decode(file.content.bytes);
  if (text === undefined) return refuseEncoding(file.path, file.content.bytes, findings);
  const source = new Source(file.path, text);
  const control = CONTROL_CHARACTER.exec(text);
  if (!control) return source;
  findings.add(
    'file-control-character',
    { source, range: { start: control.index, end: control.index + 1 } },
    {
      message: 'a control character stands in the file',
      found: `U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
      remedy:
        control[0] === '\r'
          ? 'save the file with Unix line ends'
          : 'delete it, or write it as an escape in double quotes; is this a text file at all?',
    },
  );
  return undefined;
}

function refuseUnread(
  path: string,
  content: Exclude<Content, { kind: 'bytes' }>,
  findings: Findings,
): undefined {
  const spot = { source: new Source(path, ''), range: START };
  if (content.kind === 'unreadable') {
    const remedy = 'check the path and its permissions';
    findings.add('file-unreadable', spot, { message: 'the file cannot be read', found: content.why, remedy });
    return;
  }
  findings.add('file-too-large', spot, {
    message: `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`,
    found: `${content.size} bytes`,
    remedy: 'check the path; split a large playbook into several',
  });
}

function refuseEncoding(path: string, bytes: Uint8Array, findings: Findings): undefined {
  const good = decode(bytes.subarray(0, lengthOfUtf8(bytes))) ?? '';
  const source = new Source(path, good);
  findings.add(
    'file-not-utf8',
    { source, range: { start: good.length, end: good.length } },
    {
      message: 'the file is not UTF-8',
      found: `byte 0x${(bytes[lengthOfUtf8(bytes)] ?? 0).toString(16).padStart(2, '0')}`,
      remedy: 'save it as UTF-8',
    },
  );
}

/** How many leading bytes are whole UTF-8 characters: the longest prefix that decodes, by bisection. */
function lengthOfUtf8(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decode(bytes.subarray(0, middle), true) === undefined) bad = middle;
    else good = middle;
  }
  while (good > 0 && decode(bytes.subarray(0, good)) === undefined) good -= 1;
  return good;
}

/** @param stream whether the last character may be cut off */
function decode(bytes: Uint8Array, stream = false): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}
