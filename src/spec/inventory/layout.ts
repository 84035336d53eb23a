/** What a file below an inventory's folder is for, by its path alone: Ansible's layout. */
export type InventoryRole =
  | { readonly kind: 'inventory' }
  /** Variables of the group or host `name`. */
  | { readonly kind: 'group_vars' | 'host_vars'; readonly name: string }
  /** Notes, backups and hidden files, which Ansible passes over too. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unsupported' };

const IGNORED_ENDINGS = [
  '.pyc',
  '.pyo',
  '.swp',
  '.bak',
  '~',
  '.rpm',
  '.md',
  '.txt',
  '.rst',
  '.orig',
  '.retry',
];
const YAML_ENDING = /\.(ya?ml|json)$/;

/** @param relative path below the inventory's folder, with `/` */
export function roleOf(relative: string): InventoryRole {
  const parts = relative.split('/');
  const [first = '', second = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.some((part) => part.startsWith('.')) || IGNORED_ENDINGS.some((ending) => last.endsWith(ending))) {
    return { kind: 'ignored' };
  }
  if (first === 'group_vars' || first === 'host_vars') {
    return isVarsFile(last)
      ? { kind: first, name: nameOf(second, parts.length === 2) }
      : { kind: 'unsupported' };
  }
  const nestedVars = parts.slice(0, -1).some((part) => part === 'group_vars' || part === 'host_vars');
  return YAML_ENDING.test(last) && !nestedVars ? { kind: 'inventory' } : { kind: 'unsupported' };
}

/** `group_vars/web.yaml` and `group_vars/web/anything.yaml` are both about `web`. */
function nameOf(part: string, isFile: boolean): string {
  return isFile ? part.replace(YAML_ENDING, '') : part;
}

/** Ansible reads vars files that end in .yml, .yaml or .json, or have no ending at all. */
function isVarsFile(name: string): boolean {
  return YAML_ENDING.test(name) || !name.includes('.');
}
