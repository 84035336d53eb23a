import type { Spot } from '../findings.ts';
import type { Entry } from '../yaml/located.ts';

/** Variables with the places where they are set. */
export type Vars = Map<string, Entry>;

/** Host names in all of an inventory, each as often as it is written or a range stands for it. */
export const MAX_NAMES = 50_000;

/** An inventory as it is being read: what the files say, before precedence. */
export class Draft {
  readonly groups = new Map<string, GroupDraft>();
  readonly hosts = new Map<string, HostDraft>();
  #names = 0;

  group(name: string, spot: Spot): GroupDraft {
    const known = this.groups.get(name);
    if (known) return known;
    const made = {
      name,
      spot,
      children: new Map(),
      hosts: new Set<string>(),
      vars: new Map(),
      fileVars: new Map(),
    };
    this.groups.set(name, made);
    return made;
  }

  /** Counts host names as they are read. */
  count(names: number): void {
    this.#names += names;
  }

  /** Whether more names were counted than an inventory may have: no more are looked at. */
  get isFull(): boolean {
    return this.#names > MAX_NAMES;
  }

  host(name: string, spot: Spot): HostDraft {
    const known = this.hosts.get(name);
    if (known) return known;
    const made = { name, spot, vars: new Map(), fileVars: new Map() };
    this.hosts.set(name, made);
    return made;
  }
}

export interface HostDraft {
  readonly name: string;
  readonly spot: Spot;
  /** Set in the inventory itself. */
  readonly vars: Vars;
  /** Set in `host_vars/` (or, for a group, `group_vars/`), which wins. */
  readonly fileVars: Vars;
}

export interface GroupDraft extends HostDraft {
  /** Child groups, with the place that says so. */
  readonly children: Map<string, Spot>;
  readonly hosts: Set<string>;
}

export function setAll(vars: Vars, more: ReadonlyMap<string, Entry>): void {
  for (const [name, entry] of more) vars.set(name, entry);
}
