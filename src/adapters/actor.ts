import { hostname, userInfo } from 'node:os';

/** Who runs this, for the hosts' audit logs: `USER@MACHINE`, of plain characters. */
export function actor(): string {
  return `${userInfo().username}@${hostname()}`.replaceAll(/[^\w.@-]/g, '_').slice(0, 100);
}
