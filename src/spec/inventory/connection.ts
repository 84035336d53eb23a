import type { Connection } from '../../model/desired.ts';
import type { VarValue } from '../../model/inventory.ts';

/** How a host is reached. Values of a wrong type have their finding from the schema and are left out here. */
export function connectionOf(name: string, vars: Readonly<Record<string, VarValue>>): Connection {
  const become = vars['ansible_become'] === true;
  if (vars['ansible_connection'] === 'local') return { kind: 'local', become };
  const text = (key: string): string | undefined => (typeof vars[key] === 'string' ? vars[key] : undefined);
  const port = vars['ansible_port'];
  return {
    kind: 'ssh',
    address: text('ansible_host') ?? name,
    ...(typeof port === 'number' ? { port } : {}),
    ...optional('user', text('ansible_user')),
    ...optional('identityFile', text('ansible_ssh_private_key_file')),
    ...optional('hostKey', text('reconcile_host_key')),
    become,
  };
}

/** An object with the key, or without it where there is no value. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
