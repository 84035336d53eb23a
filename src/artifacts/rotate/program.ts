import { OPERATIONS, type Operation, ORDER_OF_OPERATIONS } from '../../model/rotation/operations.ts';
import { ACTIONS, type Action } from '../../model/rotation.ts';
import { LOOK_WHO_LISTENS } from '../listening.ts';
import { LOCK_PATIENCE } from '../lock.ts';
import { MARKER_LINE } from '../marker.ts';
import { NGINX_RELOAD } from '../nginx-reload.ts';
import { PUBLISH } from '../pull/publish.ts';
import { AUDIT_LOG } from './audit.ts';
import { decision } from './decision.ts';
import { FACTS_OF_HOST } from './facts.ts';
import { FILES } from './files.ts';
import { GIVEN_UP } from './given-up.ts';
import { OPERATIONS_ON_SERVER } from './operations.ts';
import { PENDING_FILE } from './pending.ts';
import { ROTATE_PLACES, type RotatePlaces, settings } from './places.ts';
import { RECORDS } from './records.ts';
import { RUN } from './run.ts';
import { SLOT_FILES } from './slots.ts';

/** What carries out each operation, for all services of `batch`. */
const COMMANDS: Readonly<Record<Operation, string>> = {
  arm: 'arm',
  decide: 'decide_all',
  'make-token': 'make_tokens',
  switch: 'switch_slots || slots_not_switched',
  drain: 'drain_slots',
  server: 'join_server',
  cut: 'cut_connections',
  sweep: 'sweep_slots',
  pending: 'write_pending',
  config: 'publish_all publish_config',
  notice: 'publish_all publish_notice',
  sync: 'publish_all publish_sync',
  audit: 'audit_all',
  remove: 'remove_generations',
  settle: 'settle_all',
  disarm: 'disarm',
};

/**
 * The host's program of rotation: the one that the controller and the timer run. Generated from the table of rules, the
 * lists of operations and the phases, so that what was explored is what runs. POSIX sh, as dash and bash have it.
 */
export function rotateScript(places: RotatePlaces = ROTATE_PLACES): string {
  return [
    '#!/bin/sh\n',
    MARKER_LINE,
    USAGE,
    `export LC_ALL=C PATH='${places.path}'\n`,
    settings(places),
    FILES,
    RECORDS,
    decision(),
    LOOK_WHO_LISTENS,
    FACTS_OF_HOST,
    OPERATIONS_ON_SERVER,
    GIVEN_UP,
    NGINX_RELOAD,
    SLOT_FILES,
    PENDING_FILE,
    PUBLISH,
    AUDIT_LOG,
    carryOut(),
    RUN,
    'main "$@"\n',
  ].join('');
}

const USAGE = `# Rotates the tokens of this host's rathole services.
#
# Usage: rotate [--actor NAME] [--locked] ORDER [SERVICE...]
#        rotate [--actor NAME] wait SECONDS [SERVICE...]
#
#   continue      goes on with what is in motion; stages nothing. Without SERVICE only that is looked at
#   due           as continue, and stages what is due, as far as at_most allows
#   rotate        stages now       finalize      now, if it is proven or past its time
#   cancel        back to the old  compromised   ends every token at once, and the connections through it
#   restore       a service that is gone comes back, with a new token
#   verify        only says what would be done
#   wait          continues once a second, and says what changes, until nothing is in motion or SECONDS are over
#
# Prints a line per service: SERVICE VERDICT RULE CURRENT NEXT FINALIZE_AT; wait also "- SECONDS_LEFT".
# Exit status: 0 done, or nothing to do; 1 an operation failed: the next run completes it; 2 usage;
# 3 refused for some service; 75 another run has held the lock for ${LOCK_PATIENCE} s.

set -u
umask 077
`;

/** All operations in their order, each once for all services whose action has it. */
function carryOut(): string {
  const steps = (Object.keys(OPERATIONS) as Operation[]).map((operation) => {
    const actions = ACTIONS.filter((action) => ORDER_OF_OPERATIONS[action].includes(operation));
    const command = COMMANDS[operation];
    return `  if among ${actions.join(' ')}; then ${braced(command)} || stop ${operation}; fi\n`;
  });
  for (const action of ACTIONS) assertInOrder(action);
  return `
# Does the actions of todo, a list of SERVICE:ACTION, abreast.
carry_out() {
${steps.join('')}}
`;
}

const braced = (command: string) => (command.includes('||') ? `{ ${command}; }` : command);

function assertInOrder(action: Action): void {
  const places = ORDER_OF_OPERATIONS[action].map((operation) => Object.keys(OPERATIONS).indexOf(operation));
  if (places.some((place, at) => at > 0 && place <= (places[at - 1] ?? 0)))
    throw new Error(`${action} is not in the order of all operations`);
}
