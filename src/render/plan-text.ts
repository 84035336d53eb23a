import type { Unseen } from '../execute/observe.ts';
import type { Change } from '../model/change.ts';
import type { HostPlan, Plan } from '../model/plan.ts';
import { diffLines, hasLines, SIGN } from './diff.ts';
import { oneLine, printable } from './printable.ts';
import {
  interruptionSentence,
  planSentence,
  remedySentence,
  roleSentence,
  rotationSentence,
} from './sentences.ts';
import { stepTitle } from './step-title.ts';

export interface TextOptions {
  readonly colour: boolean;
  /** Also show the texts of files that are created or deleted; those that change are always shown as a diff. */
  readonly full: boolean;
}

const RESET = '\u001b[0m';
const COLOURS = {
  '+': '\u001b[32m',
  '-': '\u001b[31m',
  '~': '\u001b[33m',
  '@': '\u001b[36m',
  '!': '\u001b[1;31m',
} as const;

/** A plan for people at a terminal. Hosts that could not be looked at are counted only. Ends with a line break. */
export function planText(plan: Plan, unseen: readonly Unseen[], options: TextOptions): string {
  const hosts = plan.hosts.filter(isWorthShowing).flatMap((host) => [...hostLines(host, options), '']);
  const digest = plan.hosts.length === 0 ? [] : [`Digest: ${plan.digest}`];
  return `${[...hosts, planSentence(plan, unseen), ...digest].join('\n')}\n`;
}

function isWorthShowing({ changes, refusals, rotations, notes }: HostPlan): boolean {
  return changes.length + refusals.length + rotations.length + notes.length > 0;
}

function hostLines(host: HostPlan, options: TextOptions): readonly string[] {
  return [
    `${host.host} (${oneLine(roleSentence(host))})`,
    ...host.changes.flatMap((change) => changeLines(change, options)),
    ...section(
      'Steps',
      host.steps.map((step, at) => `${at + 1}. ${oneLine(stepTitle(step))}`),
    ),
    ...section('Interrupts', interruptions(host)),
    ...section(
      'Refused',
      host.refusals.flatMap((refusal) => refusalLines(refusal, options)),
    ),
    ...section('Rotations', host.rotations.map(rotationSentence).map(oneLine)),
    ...section('Notes', host.notes.map(oneLine)),
  ];
}

function changeLines(change: Change, options: TextOptions): readonly string[] {
  const sign = SIGN[change.kind];
  const title = `  ${paint(sign, `${sign} ${oneLine(change.target)}`, options)}`;
  const short =
    change.kind === 'update' && !hasLines(change)
      ? `: ${oneLine(change.before)} -> ${oneLine(change.after)}`
      : '';
  const cause = change.cause === 'absent' ? '' : ` (${oneLine(change.cause)})`;
  const shown = hasLines(change) && change.part !== true && (options.full || change.kind === 'update');
  const lines = shown
    ? diffLines(change).map((line) => `      ${paint(line[0] ?? '', printable(line), options)}`)
    : [];
  return [`${title}${short}${cause}`, ...lines];
}

function interruptions({ steps }: HostPlan): readonly string[] {
  return steps.flatMap((step, at) =>
    step.interrupts === undefined
      ? []
      : [`step ${at + 1}: ${oneLine(interruptionSentence(step.interrupts))}`],
  );
}

function refusalLines(refusal: HostPlan['refusals'][number], options: TextOptions): readonly string[] {
  return [
    paint('!', `${oneLine(refusal.message)} [${refusal.rule}]`, options),
    `  ${oneLine(remedySentence(refusal))}`,
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}

function paint(sign: string, text: string, { colour }: TextOptions): string {
  if (!colour || !(sign in COLOURS)) return text;
  return `${COLOURS[sign as keyof typeof COLOURS]}${text}${RESET}`;
}
