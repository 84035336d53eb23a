import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { InventoryFile, SourceFile, SpecSources } from '../../src/spec/sources.ts';

/** A folder in one file: sections that start with `-- PATH --`, kept as bytes. */
export interface Case {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The section `-- expect --`: one `FILE:LINE:COLUMN RULE` per line, sorted. */
  readonly expected: readonly string[];
}

const INVENTORY = `all:
  hosts:
    edge: { ansible_host: 203.0.113.7 }
    edge_1:
web:
  hosts:
    web[1:3]:
`;

export const HASH = '0123456789abcdef'.repeat(4);

export const PLAYBOOK = `tunnels:
  home:
    hosts: edge
    domain: tunnel.example.net
    rathole: { version: 0.5.0, sha256: ${HASH} }
    services:
      ssh: { client: desktop, local: 127.0.0.1:22, bind: 127.0.0.1:2222 }
clients:
  desktop: {}
`;

/** All cases of a folder: a new one is a file dropped into it. */
export function casesIn(folder: string): readonly Case[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.case'));
  return names.sort().map((name) => readCase(join(folder, name)));
}

function readCase(path: string): Case {
  // Latin-1 keeps every byte, so that a case may hold broken UTF-8.
  const parts = readFileSync(path, 'latin1').split(/^-- (\S+) --\n/m);
  const files = new Map<string, Uint8Array>();
  let expected: string[] = [];
  for (let index = 1; index < parts.length; index += 2) {
    const [name = '', text = ''] = parts.slice(index, index + 2);
    if (name === 'expect') expected = text.split('\n').filter((line) => line !== '');
    else files.set(name, Buffer.from(text, 'latin1'));
  }
  return { name: basename(path, '.case'), files, expected };
}

/** The sections as sources: `inventory.yaml` or `inventory/…`, `group_vars/…`, and playbooks; what is missing is right. */
export function sourcesOf(files: ReadonlyMap<string, Uint8Array>): SpecSources {
  const isFolder = [...files.keys()].some((path) => path.startsWith('inventory/'));
  const isInventory = (path: string) => /^inventory[./]|^(group|host)_vars\//.test(path);
  const inventory = [...files]
    .filter(([path]) => isInventory(path))
    .map(([path, bytes]) => inventoryFile(path, bytes));
  const playbooks = [...files]
    .filter(([path]) => !isInventory(path))
    .map(([path, bytes]) => sourceFile(path, bytes));
  const hasInventory = isFolder || files.has('inventory.yaml');
  const fallback = inventoryFile('inventory.yaml', Buffer.from(INVENTORY));
  return {
    inventory: {
      path: isFolder ? 'inventory' : 'inventory.yaml',
      isFolder,
      files: hasInventory ? inventory : [fallback, ...inventory],
    },
    lookAtProgram,
    playbooks: playbooks.length > 0 ? playbooks : [sourceFile('playbook.yaml', Buffer.from(PLAYBOOK))],
  };
}

/** Every program is the pinned one, except where a case says by the path that it is not there. */
const lookAtProgram: SpecSources['lookAtProgram'] = (path) =>
  path.endsWith('missing')
    ? { kind: 'unreadable', why: 'no such file or directory' }
    : { kind: 'read', sha256: HASH };

export function sourceFile(path: string, bytes: Uint8Array | string): SourceFile {
  return { path, content: { kind: 'bytes', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes } };
}

function inventoryFile(path: string, bytes: Uint8Array): InventoryFile {
  return { ...sourceFile(path, bytes), relative: path.replace(/^inventory\//, '') };
}

/** Sources of one playbook text, and of one inventory text where it matters. */
export function textSources(playbook: string, inventory = INVENTORY): SpecSources {
  return sourcesOf(
    new Map([
      ['inventory.yaml', Buffer.from(inventory)],
      ['playbook.yaml', Buffer.from(playbook)],
    ]),
  );
}
