import { quote } from '../../codec/shell.ts';
import type { Expectation, Listening, Ownership, Step } from '../../model/step.ts';
import { printed } from './text.ts';

/** What a step is on the host: shell text that uses the functions of LIBRARY and SERVICES. */
export interface Script {
  readonly run: string;
  /** Checked before the first step of the transaction touches anything, and again by `run`. */
  readonly expect?: string;
  /** Takes back whatever `run` did, even if it got only half way. */
  readonly undo?: string;
  /** After the files are put back: makes what runs read them again. */
  readonly settle?: string;
}

type Handlers = { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => Script };

const HANDLERS: Handlers = {
  'install-packages': ({ manager, packages }) => ({ run: call(`install_${manager}`, ...packages) }),
  'create-user': ({ name }) => ({ run: call('create_user', name) }),
  'make-directory': ({ path, ...ownership }) => ({
    run: call('directory', path, ...own(ownership)),
    undo: call('undo_directory', path),
  }),
  'install-program': ({ path, sha256 }) => ({
    run: lines(
      call('fresh', path, 'root', 'root', '0755'),
      `program_${sha256} >"$temp"`,
      call('expect_program', sha256),
      call('replace', path),
    ),
    undo: call('restore', path),
  }),
  'write-file': ({ path, text, expect, ...ownership }) =>
    written(path, ownership, expect, `{\n${printed(text) || ':'}\n} >"$temp"`),
  'set-ownership': ({ path, ...ownership }) => ({
    run: call('own', path, ...own(ownership)),
    undo: call('own_again', path),
  }),
  'remove-file': ({ path, expect }) => ({
    expect: expectation(path, expect),
    run: lines(expectation(path, expect), call('discard', path)),
    undo: call('restore', path),
  }),
  'make-salt': ({ path }) => ({
    run: `[ -s ${quote(path)} ] || {\n${lines(
      call('fresh', path, 'root', 'root', '0600'),
      'random_hex 32 >"$temp"',
      call('replace', path),
    )}\n}`,
    undo: call('restore', path),
  }),
  'make-token': ({ service, generation }) => ({
    run: call('make_token', service, String(generation)),
  }),
  'keep-token': ({ service, generation, path, ratholeName }) => ({
    run: call('keep_token', service, String(generation), path, ratholeName),
  }),
  'make-authority': ({ directory, name, days }) => ({
    run: call('authority', directory, name, String(days)),
    undo: lines(call('restore', `${directory}/ca.pem`), call('restore', `${directory}/ca.key`)),
  }),
  'make-certificate': ({ directory, names, days }) => ({
    run: call('certificate', directory, String(days), names[0] ?? '', names.map(alternativeName).join(',')),
    undo: lines(call('restore', `${directory}/leaf.pem`), call('restore', `${directory}/leaf.key`)),
  }),
  assemble: ({ path, fragments, expect, ...ownership }) =>
    written(path, ownership, expect, `cat -- ${fragments.map(quote).join(' ')} >"$temp"`),
  backup: ({ path, directory }) => ({ run: call('back_up', path, directory) }),
  'apply-sysctls': ({ path }) => ({ run: call('apply_sysctls', path), undo: 'reset_sysctls' }),
  'reload-systemd': () => ({ run: 'systemctl daemon-reload', settle: 'systemctl daemon-reload' }),
  'enable-unit': ({ unit }) => ({ run: call('enable_unit', unit), undo: call('disable_again', unit) }),
  'disable-unit': ({ unit }) => ({ run: call('disable_unit', unit), undo: call('enable_again', unit) }),
  'start-unit': ({ unit, listens }) => ({
    run: lines(call('start_unit', unit), ...waits(unit, listens)),
    undo: call('stop_again', unit),
  }),
  'restart-unit': ({ unit, listens }) => ({
    run: lines(call('restart_unit', unit), ...waits(unit, listens)),
    undo: call('stop_again', unit),
    settle: call('restart_again', unit),
  }),
  'check-nginx': () => ({ run: 'check_nginx' }),
  'reload-nginx': ({ listens }) => ({
    run: lines('reload_nginx', ...waits('nginx.service', listens)),
    settle: lines('check_nginx', 'reload_nginx'),
  }),
};

/** The script of one step. */
export function scriptOf(step: Step): Script {
  // A union of functions takes only what all of them take: the table's type has checked each pair already.
  const handler = HANDLERS[step.kind] as (step: Step) => Script;
  return handler(step);
}

/** What a step is called in the journal and on the screen: its kind and what it acts on. */
export function nameOf(step: Step): string {
  return [step.kind, subjectOf(step)].filter((word) => word !== '').join(' ');
}

function subjectOf(step: Step): string {
  if ('path' in step) return step.path;
  if ('unit' in step) return step.unit;
  if ('directory' in step) return step.directory;
  if ('packages' in step) return step.packages.join(' ');
  if ('service' in step) return `${step.service} g${step.generation}`;
  return 'name' in step ? step.name : '';
}

function written(path: string, ownership: Ownership, expect: Expectation, fill: string): Script {
  return {
    expect: expectation(path, expect),
    run: lines(
      call('fresh', path, ...own(ownership)),
      fill,
      expectation(path, expect),
      call('replace', path),
    ),
    undo: call('restore', path),
  };
}

function expectation(path: string, expect: Expectation): string {
  return expect.kind === 'absent' ? call('expect_absent', path) : call('expect_sha256', path, expect.sha256);
}

const own = ({ owner, group, mode }: Ownership) => [owner, group, mode] as const;
const lines = (...commands: readonly string[]) => commands.join('\n');
const call = (name: string, ...words: readonly string[]) => [name, ...words.map(quote)].join(' ');

function waits(unit: string, listens: readonly Listening[]): string[] {
  return listens.map(({ protocol, address, port }) =>
    call('listening', unit, protocol, address.includes(':') ? `[${address}]` : address, String(port)),
  );
}

function alternativeName(name: string): string {
  if (!/^[\w.:*-]+$/.test(name)) throw new Error(`a certificate cannot be made for ${JSON.stringify(name)}`);
  return /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`;
}
