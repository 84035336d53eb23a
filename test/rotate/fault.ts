import type { Operation } from '../../src/model/rotation/operations.ts';

export type Moment = 'before' | 'after';

/**
 * The host's program with a shell command before or after one of its operations: a kill, unless given.
 * @throws when the program has no such operation
 */
export function faultAt(script: string, operation: Operation, moment: Moment, fault = 'kill -9 $$'): string {
  const line = new RegExp(`^( *if among [a-z ]+; then )(.*) \\|\\| stop ${operation}; fi$`, 'm');
  if (!line.test(script)) throw new Error(`the program has no operation ${operation}`);
  return script.replace(line, (_, head: string, command: string) => {
    const done = `${command} || stop ${operation}`;
    return `${head}${moment === 'before' ? `${fault}; ${done}` : `${done}; ${fault}`}; fi`;
  });
}
