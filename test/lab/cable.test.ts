import { expect, test } from 'vitest';
import { Cable } from './cable.ts';
import { Network } from './network.ts';

/** Of a lab that was never up. */
const cable = new Cable(new Network('none', 0), 'edge', '/');

test.each([-1, 100.5, Number.NaN])('a cable that would lose %s percent is refused', async (percent) => {
  await expect(cable.drop(percent)).rejects.toThrow(
    new RangeError(`a cable loses 0 to 100 percent, not ${percent}`),
  );
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
  'a cable that would delay by %s ms is refused',
  async (milliseconds) => {
    await expect(cable.delay(milliseconds)).rejects.toThrow(
      new RangeError(`a cable delays by 0 or more milliseconds, not ${milliseconds}`),
    );
  },
);
