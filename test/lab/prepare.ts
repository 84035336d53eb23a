import { checkMachine } from './machine-check.ts';
import { image } from './rootfs/build.ts';

/** Run once before all lab tests: no test's own time limit has to cover the building of the image. */
export async function setup(): Promise<void> {
  checkMachine();
  await image();
}
