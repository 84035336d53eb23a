import type { Inventory, InventoryHost } from '../../model/inventory.ts';
import { type Complaint, show } from '../findings.ts';
import { nearest } from '../suggest.ts';
import { isGlob, matchesGlob } from './glob.ts';

/** The hosts that a pattern names, in the inventory's order, and what is wrong with it. */
export interface Selection {
  readonly hosts: readonly InventoryHost[];
  readonly problems: readonly Problem[];
}

export interface Problem extends Complaint {
  readonly rule: 'host-unknown' | 'host-pattern';
}

/** As the schema has it. */
const MAX_LENGTH = 4096;
const SUBSCRIPT = /^(.+)\[(-?\d{1,6})(?:(:)(\d{0,6}))?\]$/;

/**
 * Ansible's host patterns: names and groups, globs, `group[0]`, `group[0:2]`, joined by `:` or `,`; `&x` keeps only
 * what is also in x, `!x` leaves out x, wherever they stand. Every part must match something: a misspelt `!x` would
 * otherwise leave nothing out.
 */
export function selectHosts(pattern: string, inventory: Inventory): Selection {
  const parts = pattern.length > MAX_LENGTH ? [] : splitPattern(pattern);
  if (parts.length === 0) return { hosts: [], problems: [noPattern(pattern)] };
  const problems: Problem[] = [];
  const match = (part: string): ReadonlySet<string> => {
    const found = matchPart(part, inventory);
    if (found instanceof Set) return found;
    problems.push(found as Problem);
    return new Set();
  };
  const plain = parts.filter((part) => !/^[!&]/.test(part));
  const wanted = new Set((plain.length > 0 ? plain : ['all']).flatMap((part) => [...match(part)]));
  for (const part of parts.filter((other) => other.startsWith('&'))) {
    const kept = match(part.slice(1));
    for (const name of wanted) if (!kept.has(name)) wanted.delete(name);
  }
  for (const part of parts.filter((other) => other.startsWith('!'))) {
    for (const name of match(part.slice(1))) wanted.delete(name);
  }
  return { hosts: inventory.hosts.filter((host) => wanted.has(host.name)), problems };
}

/** An empty pattern is most likely an empty shell variable: taking it for all hosts would be the worst guess. */
function noPattern(pattern: string): Problem {
  const remedy = 'name hosts or groups; "all" means every host';
  if (pattern.length <= MAX_LENGTH)
    return { rule: 'host-pattern', message: 'the pattern names nothing', found: show(pattern), remedy };
  return { rule: 'host-pattern', message: `the pattern is longer than ${MAX_LENGTH} characters`, remedy };
}

/** At `:` and `,`, but not within brackets. */
function splitPattern(pattern: string): string[] {
  const parts = pattern.match(/(?:\[[^\]]*\]|[^:,])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function matchPart(part: string, inventory: Inventory): Set<string> | Problem {
  if (part === '')
    return {
      rule: 'host-pattern',
      message: 'a part of the pattern is empty',
      remedy: 'name a host or group',
    };
  if (part.startsWith('~') || part.startsWith('@')) {
    const remedy = 'write names, groups, or globs such as edge*';
    return {
      rule: 'host-pattern',
      message: `"${part[0]}" is not supported in host patterns`,
      found: show(part),
      remedy,
    };
  }
  const [, base, first, colon, last] = SUBSCRIPT.exec(part) ?? [];
  const names = matchNames(base ?? part, inventory);
  if (names.size === 0) return unknown(base ?? part, inventory);
  if (first === undefined) return names;
  const picked = pick([...names], Number(first), colon === undefined ? first : last);
  if (picked.length > 0) return new Set(picked);
  const remedy = `"${base}" has ${names.size} hosts, counted from 0`;
  return { rule: 'host-unknown', message: 'there is no host at this position', found: show(part), remedy };
}

/** Ansible's subscripts include their end; an empty end is the last. */
function pick(names: readonly string[], first: number, last: string | undefined): readonly string[] {
  const from = first < 0 ? names.length + first : first;
  const wanted = last === undefined || last === '' ? names.length - 1 : Number(last);
  const to = wanted < 0 ? names.length + wanted : wanted;
  return from < 0 ? [] : names.slice(from, to + 1);
}

function matchNames(name: string, inventory: Inventory): Set<string> {
  const fits = isGlob(name) ? (other: string) => matchesGlob(other, name) : (other: string) => other === name;
  const groups = inventory.groups.filter((group) => fits(group.name));
  // Ansible looks among the hosts when no group matches, and for globs always.
  const hosts = groups.length === 0 || isGlob(name) ? inventory.hosts.filter((host) => fits(host.name)) : [];
  return new Set([...groups.flatMap((group) => group.allHosts), ...hosts.map((host) => host.name)]);
}

function unknown(name: string, inventory: Inventory): Problem {
  const isEmptyGroup = inventory.groups.some((group) => group.name === name);
  if (isEmptyGroup) {
    return {
      rule: 'host-unknown',
      message: 'the group has no hosts',
      found: show(name),
      remedy: 'add hosts to it',
    };
  }
  const names = [...inventory.groups, ...inventory.hosts].map((known) => known.name);
  const near = isGlob(name) ? undefined : nearest(name, names);
  const remedy = near
    ? `did you mean "${near}"?`
    : 'add it to the inventory; `reconcile inventory --graph` shows what is there';
  return {
    rule: 'host-unknown',
    message: 'the inventory has no such host or group',
    found: show(name),
    remedy,
  };
}
