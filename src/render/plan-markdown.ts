import type { Unseen } from '../execute/observe.ts';
import type { Change } from '../model/change.ts';
import type { HostPlan, Plan } from '../model/plan.ts';
import { diffLines, hasLines, SIGN } from './diff.ts';
import { oneLine, printable } from './printable.ts';
import {
  changeCounts,
  interruptionSentence,
  planSentence,
  plural,
  remedySentence,
  roleSentence,
  rotationSentence,
} from './sentences.ts';
import { stepTitle } from './step-title.ts';

/** A comment on GitHub holds fewer than 65,536 characters. */
const LIMIT = 65_535;
/** For the list of what was left out, and the last lines. */
const RESERVE = 4_000;

/** A part of the page that is there as a whole or named among what was left out. */
interface Block {
  readonly name: string;
  readonly text: string;
}

/** A plan for a pull request. What matters comes first; what does not fit is named, never cut. */
export function planMarkdown(plan: Plan, unseen: readonly Unseen[]): string {
  const head = `### reconcile: ${plain(planSentence(plan, unseen))}\n\n`;
  const foot = plan.hosts.length === 0 ? '' : `Digest: \`${plan.digest}\`\n`;
  const blocks = [
    ...unseenBlock(unseen),
    ...plan.hosts.flatMap(refusalBlock),
    ...plan.hosts.flatMap(interruptionBlock),
    ...plan.hosts.flatMap(changesBlock),
    ...plan.hosts.flatMap(rotationsBlock),
    ...plan.hosts.flatMap(diffBlocks),
    ...plan.hosts.flatMap(stepsBlock),
    ...plan.hosts.flatMap(notesBlock),
  ];
  const { text, left } = fitting(blocks, LIMIT - RESERVE - head.length - foot.length);
  return `${head}${text}${leftOut(left)}${foot}`;
}

function fitting(
  blocks: readonly Block[],
  room: number,
): { readonly text: string; readonly left: readonly string[] } {
  const left: string[] = [];
  let text = '';
  for (const block of blocks) {
    if (text.length + block.text.length <= room) text += block.text;
    else left.push(block.name);
  }
  return { text, left };
}

function leftOut(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown: string[] = [];
  let length = 0;
  for (const name of names) {
    const line = `- ${plain(name)}\n`;
    if (length + line.length > RESERVE - 500) break;
    shown.push(line);
    length += line.length;
  }
  const more = names.length - shown.length;
  const rest = more === 0 ? '' : `- and ${more} more\n`;
  return `**Left out, for the page is full** (\`--format text\` shows all):\n\n${shown.join('')}${rest}\n`;
}

function unseenBlock(unseen: readonly Unseen[]): readonly Block[] {
  const lines = unseen.map(
    ({ host, error }) => `- **${plain(host)}**: ${plain(error.message)}  \n  ${plain(error.remedy)}\n`,
  );
  return block(
    'hosts that could not be looked at',
    '**Not looked at, so nothing is planned there**\n\n',
    lines,
  );
}

function refusalBlock({ host, refusals }: HostPlan): readonly Block[] {
  const lines = refusals.map(
    (refusal) => `- ${plain(refusal.message)} \`[${refusal.rule}]\`  \n  ${plain(remedySentence(refusal))}\n`,
  );
  return block(`refusals of ${host}`, `**${plain(host)} is refused**\n\n`, lines);
}

function interruptionBlock({ host, steps }: HostPlan): readonly Block[] {
  const lines = steps.flatMap(({ interrupts }) =>
    interrupts === undefined ? [] : [`- ${plain(interruptionSentence(interrupts))}\n`],
  );
  return block(`interruptions on ${host}`, `**${plain(host)} interrupts**\n\n`, lines);
}

function changesBlock(plan: HostPlan): readonly Block[] {
  const { host, changes } = plan;
  const lines = changes.map(
    (change) => `- \`${SIGN[change.kind]}\` ${code(change.target)}${causeOf(change)}\n`,
  );
  const title = `**${plain(host)}** (${plain(roleSentence(plan))}): ${changeCounts([plan])}\n\n`;
  return block(`the list of changes on ${host}`, title, lines);
}

function causeOf(change: Change): string {
  const short =
    change.kind === 'update' && !hasLines(change) ? `: ${code(change.before)} → ${code(change.after)}` : '';
  return `${short}${change.cause === 'absent' ? '' : `, ${plain(change.cause)}`}`;
}

function diffBlocks({ host, changes }: HostPlan): readonly Block[] {
  return changes
    .filter((change) => hasLines(change) && change.part !== true)
    .map((change) => ({
      name: `the text of ${change.target} on ${host}`,
      text: details(`${code(change.target)} on ${plain(host)}`, diffLines(change), 'diff'),
    }));
}

function stepsBlock({ host, steps }: HostPlan): readonly Block[] {
  if (steps.length === 0) return [];
  const lines = steps.map((step, at) => `${at + 1}. ${stepTitle(step)}`);
  return [
    {
      name: `the steps on ${host}`,
      text: details(`${plural(steps.length, 'step')} on ${plain(host)}`, lines, 'text'),
    },
  ];
}

function rotationsBlock({ host, rotations }: HostPlan): readonly Block[] {
  return block(
    `rotations on ${host}`,
    `**${plain(host)}: rotations** (outside of the digest)\n\n`,
    rotations.map((rotation) => `- ${plain(rotationSentence(rotation))}\n`),
  );
}

function notesBlock({ host, notes }: HostPlan): readonly Block[] {
  return block(
    `notes on ${host}`,
    `**${plain(host)}: notes**\n\n`,
    notes.map((note) => `- ${plain(note)}\n`),
  );
}

function block(name: string, title: string, lines: readonly string[]): readonly Block[] {
  return lines.length === 0 ? [] : [{ name, text: `${title}${lines.join('')}\n` }];
}

/** The fence is longer than any run of backticks inside, so that a text cannot end it. */
function details(summary: string, lines: readonly string[], language: string): string {
  const text = printable(lines.join('\n'));
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `<details><summary>${summary}</summary>\n\n${fence}${language}\n${text}\n${fence}\n</details>\n\n`;
}

function code(text: string): string {
  return `<code>${html(oneLine(text))}</code>`;
}

/**
 * Plain words: nothing in them is markup. GitHub looks for mentions, references and addresses after it has read the
 * markup, so those are broken up by a space of no width.
 */
function plain(text: string): string {
  return html(oneLine(text))
    .replaceAll(/[\\`*_[\]~|]/g, '\\$&')
    .replaceAll(/[@#]|:(?=\/\/)/g, '$&\u200b');
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
