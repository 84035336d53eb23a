import type { Connection } from './desired.ts';

/** The hosts and groups of an inventory, with each host's variables as Ansible's precedence gives them. */
export interface Inventory {
  /** In the order of the inventory. */
  readonly hosts: readonly InventoryHost[];
  /** In the order of the inventory, `all` first; `ungrouped` holds the hosts of no other group. */
  readonly groups: readonly InventoryGroup[];
}

export interface InventoryHost {
  readonly name: string;
  /** Every group that it is in, from `all` to the deepest. */
  readonly groups: readonly string[];
  readonly vars: Readonly<Record<string, VarValue>>;
  readonly connection: Connection;
}

export interface InventoryGroup {
  readonly name: string;
  /** Names of the groups directly in it. */
  readonly children: readonly string[];
  /** Names of the hosts directly in it. */
  readonly hosts: readonly string[];
  /** Names of its hosts and of all groups below it. */
  readonly allHosts: readonly string[];
}

export type VarValue =
  | string
  | number
  | boolean
  | null
  | readonly VarValue[]
  | { readonly [key: string]: VarValue };
