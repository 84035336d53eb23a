import type { Finding } from '../model/finding.ts';
import { jsonText, marked } from './printable.ts';

/** How findings are written: for people, for programs, or as annotations of a pull request on GitHub. */
export type FindingFormat = 'text' | 'json' | 'github';

/** All findings as one text that ends in a newline. */
export function renderFindings(findings: readonly Finding[], format: FindingFormat): string {
  switch (format) {
    case 'json':
      return jsonText({ ...countFindings(findings), findings });
    case 'github':
      return findings.map((finding) => `${annotation(finding)}\n`).join('');
    case 'text':
      return `${findings.map((finding) => `${paragraph(finding)}\n\n`).join('')}${summary(findings)}\n`;
  }
}

function countFindings(findings: readonly Finding[]): {
  readonly errors: number;
  readonly warnings: number;
} {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  return { errors, warnings: findings.length - errors };
}

function summary(findings: readonly Finding[]): string {
  const { errors, warnings } = countFindings(findings);
  if (errors + warnings === 0) return 'valid';
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  return `${errors > 0 ? 'invalid' : 'valid'}: ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

function paragraph(finding: Finding): string {
  const { file, line, column, severity, rule } = finding;
  const head = marked(`${file}:${line}:${column}: ${severity}: ${statement(finding)} [${rule}]`);
  return [head, ...snippetLines(finding), `  mend: ${marked(finding.remedy)}`].join('\n');
}

/** What is wrong, and what was found. */
function statement({ message, found }: Finding): string {
  return found === undefined ? message : `${message}: found ${found}`;
}

/** The line, and marks below the part of it that is meant. */
function snippetLines({ line, snippet }: Finding): string[] {
  if (!snippet) return [];
  const number = `  ${line}`;
  // Tabs are kept below tabs, so that the marks stand where they should whatever a tab's width is.
  const indent = snippet.text.slice(0, snippet.start).replaceAll(/[^\t]/g, ' ');
  return [
    `${number} | ${marked(snippet.text)}`,
    `${' '.repeat(number.length)} | ${indent}${'^'.repeat(snippet.length)}`,
  ];
}

/** A workflow command of GitHub Actions. */
function annotation(finding: Finding): string {
  const { severity, file, line, column, endLine, endColumn, rule } = finding;
  const properties = { file, line, col: column, endLine, endColumn, title: rule };
  const pairs = Object.entries(properties).map(
    ([key, value]) => `${key}=${marked(escapeProperty(String(value)))}`,
  );
  return `::${severity} ${pairs.join(',')}::${marked(escapeData(`${statement(finding)}; mend: ${finding.remedy}`))}`;
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
