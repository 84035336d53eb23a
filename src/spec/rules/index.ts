import type { Findings } from '../findings.ts';
import { clientDiffers, clientServes, clientUndeclared, clientUnused } from './clients.ts';
import { badDomain, badPath, domainShared, variableUnknown } from './domains.ts';
import { hostPattern, hostShared, hostsNone, hostUnknown, tunnelTwice } from './hosts.ts';
import { portClash, portReserved, slotAddress, slotClash, websocketPublic } from './ports.ts';
import { programHash, programUnreadable } from './programs.ts';
import { graceTooShort, ratholeNameClash, rotationForbidden, warnTooEarly } from './rotation.ts';
import type { Rule, RuleInput } from './rule.ts';

/** Every rule between keys. A new one is one more entry, and one more case under test/spec/bad. */
export const RULES: readonly Rule[] = [
  hostUnknown,
  hostPattern,
  hostsNone,
  hostShared,
  tunnelTwice,
  variableUnknown,
  badDomain,
  badPath,
  domainShared,
  programUnreadable,
  programHash,
  clientUndeclared,
  clientUnused,
  clientDiffers,
  clientServes,
  portClash,
  slotClash,
  slotAddress,
  portReserved,
  websocketPublic,
  graceTooShort,
  warnTooEarly,
  rotationForbidden,
  ratholeNameClash,
];

export function applyRules(input: RuleInput, findings: Findings): void {
  for (const rule of RULES) rule.check(input, (spot, complaint) => findings.add(rule.id, spot, complaint));
}
