import { NGINX_RELOAD } from '../../artifacts/nginx-reload.ts';
import { READ_RECORDS } from '../../artifacts/rotate/records.ts';
import { quote } from '../../codec/shell.ts';
import type { Step } from '../../model/step.ts';
import { frame, PLACES, type Places } from './frame.ts';
import { nameOf, scriptOf } from './handlers.ts';
import { LIBRARY } from './library.ts';
import { PULL } from './pull.ts';
import { SERVICES } from './services.ts';

/** The programs that steps install, by SHA-256. */
export type ProgramBytes = ReadonlyMap<string, Uint8Array>;
/** What comes from elsewhere into texts, by the words inside of its placeholder: `key home-edge`. A secret by its placeholder. */
export type Brought = ReadonlyMap<string, string>;

interface Cargo {
  readonly programs: ProgramBytes;
  readonly brought?: Brought;
}

/**
 * All of a host's steps as one script: definitions, and on the last line the one call. Cut off anywhere it does
 * nothing, for the shell then misses the end of a function, or the call, or the call's arguments. `actor` is who is
 * named for it in the audit log.
 */
export function transactionScript(
  steps: readonly Step[],
  { programs, brought = new Map() }: Cargo,
  actor: string,
  places: Places = PLACES,
): string {
  const scripts = steps.map(scriptOf);
  return [
    frame(places),
    LIBRARY,
    NGINX_RELOAD,
    READ_RECORDS,
    SERVICES,
    PULL,
    broughtCases(brought),
    ...[...programs].map(([sha256, bytes]) => payload(sha256, bytes)),
    cases(
      'undo',
      scripts.map(({ undo }) => undo),
    ),
    cases(
      'settle',
      scripts.map(({ settle }) => settle),
    ),
    work(steps, actor),
    'run_transaction "$@"\n',
  ].join('\n');
}

function work(steps: readonly Step[], actor: string): string {
  const scripts = steps.map(scriptOf);
  return `run_transaction() {
[ $# -eq 2 ] || return 0
tx=$1 follower=$2 steps=${steps.length} actor=${quote(actor)}
prepare
${scripts.flatMap(({ expect }) => expect ?? []).join('\n')}
${steps.map((step, index) => numbered(index + 1, nameOf(step), scripts[index]?.run ?? '')).join('\n')}
}`;
}

function numbered(number: number, name: string, run: string): string {
  return `begin ${number} ${quote(name)}\n${run}\nfinished`;
}

function cases(name: string, bodies: readonly (string | undefined)[]): string {
  const arms = bodies.flatMap((body, index) => (body === undefined ? [] : [`${index + 1})\n${body}\n;;`]));
  return `${name}() {\ncase $step in\n${arms.join('\n')}\n*) ;;\nesac\n}`;
}

function broughtCases(brought: Brought): string {
  const arms = [...brought].map(([words, text]) => `${quote(words)}) printf %s ${quote(text)} ;;`);
  return `brought() {\ncase $1 in\n${arms.join('\n')}\n*) die "this transaction does not bring the $1" ;;\nesac\n}`;
}

function payload(sha256: string, bytes: Uint8Array): string {
  const text = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{1,4000}/g, '$&\n');
  return `program_${sha256}() {\nbase64 -d <<'END_OF_PROGRAM'\n${text}END_OF_PROGRAM\n}`;
}
