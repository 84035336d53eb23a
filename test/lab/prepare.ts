import { checkMachine } from './machine-check.ts';
import { image } from './rootfs/build.ts';

/**
 * Run once before all tests where there are lab tests: the image is built beside the other tests. A lab that boots
 * earlier waits for it; one that finds that it failed builds it again, and says why it cannot.
 */
export function setup(): void {
  checkMachine();
  image().catch(() => undefined);
}
