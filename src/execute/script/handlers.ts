import { NGINX_UNIT } from '../../artifacts/paths.ts';
import { NGINX_GROUP } from '../../codec/placeholder.ts';
import { quote } from '../../codec/shell.ts';
import type { Expectation, KeyState, Listening, Ownership, Step } from '../../model/step.ts';
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
    run: owned(ownership, 'directory', path),
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
    run: owned(ownership, 'own', path),
    undo: call('own_again', path),
  }),
  'make-link': ({ path, target }) => ({
    run: call('make_link', path, target),
    undo: call('restore', path),
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
  'make-key': ({ client, number }) => ({
    run: call('make_key', client, String(number)),
    undo: `restore "$state"/${quote(`keys/${client}.k${number}`)}`,
  }),
  'record-key': ({ client, found, phase, current, next }) => ({
    run: call('record_key', client, stateText(found), phase, String(current), String(next)),
    undo: `restore "$state"/${quote(`clients/${client}/key`)}`,
  }),
  'audit-key': ({ client, action, number, reason }) => ({
    run: call('audit_key', client, action, String(number), reason),
  }),
  'audit-secret': ({ secret, action, target, number, reason }) => ({
    run: call('audit_secret', secret, action, target, String(number), reason),
    undo: call('audit_again', secret, action, target, String(number)),
  }),
  'write-key-map': ({ path }) => ({ run: call('write_key_map', path), undo: call('restore', path) }),
  publish: ({ client }) => ({ run: call('publish_client', client), undo: call('withdraw', client) }),
  'remove-folder': ({ path }) => ({ run: call('remove_folder', path), undo: call('restore', path) }),
  'cut-connections': ({ address, port }) => ({
    run: call('cut_connections', bracketed(address), String(port)),
  }),
  'make-authority': ({ directory, name, days }) => ({
    run: call('authority', directory, name, String(days)),
    undo: lines(call('restore', `${directory}/ca.pem`), call('restore', `${directory}/ca.key`)),
  }),
  'make-certificate': ({ directory, names, days }) => ({
    run: call('certificate', directory, String(days), names[0] ?? '', names.map(alternativeName).join(',')),
    undo: lines(call('restore', `${directory}/leaf.pem`), call('restore', `${directory}/leaf.key`)),
  }),
  enroll: ({ path, generation, highest, made, expect }) =>
    written(
      path,
      { owner: 'root', group: 'root', mode: '0600' },
      expect,
      `${call('record_of', String(generation), String(highest), made ? 'made' : 'found')} >"$temp"`,
    ),
  rotate: ({ order, services }) => ({ run: call('rotate', order, ...services) }),
  assemble: ({ path, fragments, expect, ...ownership }) =>
    written(path, ownership, expect, `cat -- ${fragments.map(quote).join(' ')} >"$temp"`),
  backup: ({ path, directory }) => ({ run: call('back_up', path, directory) }),
  'apply-sysctls': ({ path }) => ({ run: call('apply_sysctls', path), undo: 'reset_sysctls' }),
  'reload-systemd': () => ({ run: 'systemctl daemon-reload', settle: 'systemctl daemon-reload' }),
  'enable-unit': ({ unit }) => ({ run: call('enable_unit', unit), undo: call('disable_again', unit) }),
  'disable-unit': ({ unit }) => ({ run: call('disable_unit', unit), undo: call('enable_again', unit) }),
  'start-unit': ({ unit, listens }) => ({
    run: lines(unit === NGINX_UNIT ? 'start_nginx' : call('start_unit', unit), ...waits(unit, listens)),
    undo: call('stop_again', unit),
    ...(unit === NGINX_UNIT && { settle: 'reload_again' }),
  }),
  'restart-unit': ({ unit, listens }) => ({
    run: lines(call('restart_unit', unit), ...waits(unit, listens)),
    undo: call('stop_again', unit),
    settle: call('restart_again', unit),
  }),
  poll: ({ server }) => ({ run: call('poll', server), undo: call('unpoll', server) }),
  'check-nginx': () => ({ run: 'check_nginx' }),
  'reload-nginx': ({ listens }) => ({
    run: lines('reload_nginx', ...waits(NGINX_UNIT, listens)),
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
  if (step.kind === 'rotate') {
    return [...(step.order === 'rotate' ? [] : [step.order]), ...step.services].join(' ');
  }
  if (step.kind === 'enroll') return step.service;
  if (step.kind === 'audit-secret') return `${step.action} ${step.secret} ${step.target} ${step.number}`;
  if ('path' in step) return step.path;
  if ('unit' in step) return step.unit;
  if ('server' in step) return step.server;
  if ('directory' in step) return step.directory;
  if ('packages' in step) return step.packages.join(' ');
  if ('generation' in step) return `${step.service} g${step.generation}`;
  if ('service' in step) return step.service;
  if ('client' in step) return 'number' in step ? `${step.client} k${step.number}` : step.client;
  return 'name' in step ? step.name : '';
}

function written(path: string, ownership: Ownership, expect: Expectation, fill: string): Script {
  return {
    expect: expectation(path, expect),
    run: lines(owned(ownership, 'fresh', path), fill, expectation(path, expect), call('replace', path)),
    undo: call('restore', path),
  };
}

function expectation(path: string, expect: Expectation): string {
  return expect.kind === 'absent' ? call('expect_absent', path) : call('expect_sha256', path, expect.sha256);
}

/** `COMMAND PATH OWNER GROUP MODE`. The group may be one that only the host knows; an unknown one must end the step. */
function owned({ owner, group, mode }: Ownership, command: string, path: string): string {
  if (group !== NGINX_GROUP) return call(command, path, owner, group, mode);
  return lines('workers=$(nginx_group)', `${call(command, path, owner)} "$workers" ${quote(mode)}`);
}

const stateText = (found: KeyState | undefined) =>
  found === undefined ? '' : `${found.phase} ${found.current} ${found.next}`;
const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);
const lines = (...commands: readonly string[]) => commands.join('\n');
const call = (name: string, ...words: readonly string[]) => [name, ...words.map(quote)].join(' ');

function waits(unit: string, listens: readonly Listening[]): string[] {
  const places = listens.map(({ protocol, address, port }) => `${protocol} ${bracketed(address)}:${port}`);
  return places.length === 0 ? [] : [call('listening', unit, ...places)];
}

function alternativeName(name: string): string {
  if (!/^[\w.:*-]+$/.test(name)) throw new Error(`a certificate cannot be made for ${JSON.stringify(name)}`);
  return /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`;
}
