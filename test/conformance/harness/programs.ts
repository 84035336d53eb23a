import { join } from 'node:path';

/** The stand-in, as one executable file. */
const STAND_IN = join(import.meta.dirname, '../../../dist/test/rathole.mjs');

/** The program under test: the real one where RATHOLE_BIN names it. */
export const RATHOLE = process.env['RATHOLE_BIN'] ?? STAND_IN;

export interface Pairing {
  readonly name: string;
  readonly server: string;
  readonly client: string;
}

/** Who talks to whom in the interoperation tests: with RATHOLE_BIN, the stand-in and the real program in both directions. */
export const PAIRINGS: readonly Pairing[] =
  RATHOLE === STAND_IN
    ? [{ name: 'stand-in with itself', server: STAND_IN, client: STAND_IN }]
    : [
        { name: 'stand-in server, real client', server: STAND_IN, client: RATHOLE },
        { name: 'real server, stand-in client', server: RATHOLE, client: STAND_IN },
      ];
