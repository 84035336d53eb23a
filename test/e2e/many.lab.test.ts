import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { rotateMany, serveMany } from './many.ts';
import { Operator } from './tunnel.ts';

const SERVICES = 30;
const AT_MOST = 10;

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  await serveMany(lab(), operator, SERVICES, AT_MOST);
});
afterAll(() => operator?.[Symbol.dispose]());

test('many services that are due at once rotate in batches, and no visitor notices', async () => {
  const { batches, connects, holds } = await rotateMany(lab(), operator, SERVICES);
  console.info(`${SERVICES} services, ${AT_MOST} at once: ${JSON.stringify(connects)}`);
  expect(batches).toEqual([AT_MOST, AT_MOST, AT_MOST]);
  for (const report of Object.values(connects)) expect(report).toMatchObject({ failed: 0 });
  for (const report of Object.values(holds)) expect(report).toMatchObject({ opened: 3, survived: 3 });
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
}, 120_000);
