import { Composer, type Document, isDocument, Parser, type Tags } from 'yaml';
import type { Findings } from '../findings.ts';
import type { Source } from '../source.ts';
import { convert } from './convert.ts';
import { refuseDepth } from './depth.ts';
import type { Located } from './located.ts';
import { complainAbout } from './syntax.ts';

/** Playbooks are YAML 1.2; inventories are what Ansible reads, YAML 1.1: there `yes` is true. */
export type YamlVersion = '1.1' | '1.2';

/** Tags of YAML 1.1 whose values are no JSON; such scalars stay strings. */
const LEFT_AS_STRINGS = /:(timestamp|binary|set|omap|pairs)$/;

/** What some tag of YAML 1.1 would take, and what it takes in Ansible. */
const STRICTER: readonly (readonly [string, RegExp])[] = [
  ['y', /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/],
  ['n', /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/],
  ['1e3', /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/],
];

/**
 * One file's text to one value. Syntax errors end it: what a broken file means is a guess.
 *
 * @returns undefined when there is no value: after a finding, or for a document that is empty or `null`
 */
export function parseYaml(source: Source, version: YamlVersion, findings: Findings): Located | undefined {
  const tokens = [...new Parser().parse(source.text)];
  // Before composing: the composer is recursive, and deep enough input brings the whole program down.
  if (refuseDepth(tokens, source, findings)) return undefined;
  const composer = new Composer({
    version,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    customTags: (tags) => tags.flatMap((tag) => (version === '1.1' ? asAnsibleReads(tag) : [tag])),
  });
  const documents = withoutTraces(() => [...composer.compose(tokens, true, source.text.length)]);
  const [first, second] = documents.filter((item): item is Document.Parsed => isDocument(item));
  if (complainAbout(documents, source, findings)) return undefined;
  if (second) {
    const start = second.range[0];
    findings.add(
      'yaml-several-documents',
      { source, range: { start, end: start + 3 } },
      {
        message: 'the file holds more than one document',
        remedy: 'split it at `---` into one file each',
      },
    );
    return undefined;
  }
  const root = first?.contents ? convert(first.contents, source, findings) : undefined;
  return root?.kind === 'scalar' && root.value === null ? undefined : root;
}

/** The library makes an error for each odd character, and each would note where in the program: 20 s for a megabyte. */
function withoutTraces<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What the library's YAML 1.1 takes for booleans and numbers, Ansible's does not always: y, n and 1e3 are texts. */
function asAnsibleReads(tag: Tags[number]): Tags[number][] {
  if (typeof tag === 'string') return LEFT_AS_STRINGS.test(`:${tag}`) ? [] : [tag];
  if (LEFT_AS_STRINGS.test(tag.tag)) return [];
  if (tag.collection !== undefined) return [tag];
  const stricter = STRICTER.find(([sample]) => !tag.tag.endsWith(':str') && tag.test?.test(sample));
  return [stricter ? { ...tag, test: stricter[1] } : tag];
}
