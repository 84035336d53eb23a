import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { observeScript, parseObservation } from '../../src/facts/index.ts';
import type { Facts } from '../../src/model/observed.ts';
import type { Reading } from '../../src/model/reading.ts';
import type { Lab } from '../lab/lab.ts';

/** Observes a host. With CAPTURE=1 the outputs in captured/ are made anew. */
export async function observe(lab: Lab, host: string, capture?: string, shell = 'sh'): Promise<Facts> {
  const said = await lab.host(host).must([shell], { stdin: observeScript });
  if (capture !== undefined && process.env['CAPTURE'] === '1') {
    writeFileSync(join(import.meta.dirname, 'captured', `${capture}.txt`), said);
  }
  return parseObservation(said);
}

/** What is present. @throws for anything else. */
export function there<T>(reading: Reading<T>): T {
  if (reading.kind !== 'present') throw new Error(JSON.stringify(reading));
  return reading.value;
}
