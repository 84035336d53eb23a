import { LOOK_WHO_LISTENS } from '../artifacts/listening.ts';
import type { Facts } from '../model/observed.ts';
import type { Reading } from '../model/reading.ts';
import { certificates } from './certificates.ts';
import { disk } from './disk.ts';
import type { Fact } from './fact.ts';
import { FILES_FUNCTIONS, files } from './files.ts';
import { heldKeys } from './held-keys.ts';
import { architecture, clock, missingPrograms, os, root, socketKill, sysctls } from './host.ts';
import { NGINX_FUNCTIONS, nginx } from './nginx.ts';
import { packages } from './packages.ts';
import { type Answers, read, readFact } from './parse.ts';
import { PULLS_FUNCTIONS, pulls } from './pulls.ts';
import { rathole } from './rathole.ts';
import { rotations } from './rotation.ts';
import { assemble } from './script.ts';
import { connections, listeners } from './sockets.ts';
import { units } from './units.ts';
import { users } from './users.ts';

type ValueOf<R> = R extends Reading<infer T> ? T : never;
type Table = { readonly [K in keyof Facts]: Fact<ValueOf<Facts[K]>> };

/** Every fact, in the order in which the script looks: some use what an earlier one found. */
const TABLE: Table = {
  clock,
  root,
  os,
  architecture,
  missingPrograms,
  packages,
  sysctls,
  socketKill,
  disk,
  files,
  certificates,
  units,
  rathole,
  nginx,
  users,
  listeners,
  connections,
  pulls,
  heldKeys,
  rotations,
};

const ROWS = Object.entries(TABLE) as readonly [keyof Facts, Fact<unknown>][];

/** The one read-only POSIX sh script of an observation: the same on stdin and as an SSH forced command. */
export const observeScript: string = assemble(
  [FILES_FUNCTIONS, NGINX_FUNCTIONS, PULLS_FUNCTIONS, LOOK_WHO_LISTENS],
  ROWS.map(([name, fact]) => [name, fact.shell]),
);

/**
 * What the script printed, as facts.
 *
 * @throws ReconcileError `failed` when it is not whole: nothing may be concluded from a part.
 */
export function parseObservation(stdout: string): Facts {
  const answers: Answers = read(
    stdout,
    ROWS.map(([name]) => name),
  );
  const readings = ROWS.map(([name, fact]) => [name, readFact(fact, answers.get(name))]);
  // The rows are the table's, and the table has each fact with the right type.
  return Object.fromEntries(readings) as Facts;
}
