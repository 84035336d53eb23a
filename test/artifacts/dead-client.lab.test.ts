import { expect, test } from 'vitest';
import { slotAddress } from '../../src/artifacts/slot.ts';
import { setUpClient } from '../e2e/client.ts';
import { Operator } from '../e2e/tunnel.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';

const PORT = 2222;
const SLOT = slotAddress(PORT, 1);
/** rathole notices with its visitors; three were seen to get an end at once before the slot is closed. */
const MANY_VISITORS = 10;

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });

/** Whether `ss` shows a socket on the server. */
const sees = async (...filter: readonly string[]) =>
  (await lab()
    .host('edge')
    .must(['ss', '-H', '-t', '-n', ...filter])) !== '';
const slotListens = () => sees('-l', `src ${SLOT.address} and sport = :${SLOT.port}`);
const clientIsThere = () => sees('state', 'established', 'sport = :443');

/** What becomes of a visitor who waits for the first byte. */
async function visit(): Promise<'answered' | 'turned away' | 'hangs'> {
  const look = `exec 3<>/dev/tcp/edge.test/${PORT} && head -c 1 <&3`;
  const { code, stdout } = await lab().control.exec(['timeout', '2', 'bash', '-c', look]);
  if (stdout !== '') return 'answered';
  return code === 124 ? 'hangs' : 'turned away';
}

test('a client that is cut off without a word is noticed in under a minute, behind nginx too', async () => {
  using operator = await Operator.start(lab(), ['edge']);
  operator.playbook({
    services: { ssh: { client: 'desktop', local: '127.0.0.1:22', bind: `0.0.0.0:${PORT}` } },
  });
  expect(await operator.apply()).toMatchObject({ code: 0 });
  const desktop = lab().host('desktop');
  await setUpClient(desktop, lab().host('edge'));
  await waitFor(slotListens, { what: 'the client', timeout: 20_000 });
  expect(await visit()).toBe('answered');

  await desktop.cable.cut();
  const start = performance.now();
  expect(await visit()).toBe('hangs');
  const gone = async () => !(await clientIsThere());
  await waitFor(gone, { what: "the client's connections to end", timeout: 60_000, every: 250 });
  console.log(
    `the last connection of the dead client ended after ${Math.round(performance.now() - start)} ms`,
  );

  for (let visitor = 1; visitor <= MANY_VISITORS && (await slotListens()); visitor += 1) {
    expect(await visit()).toBe('turned away');
  }
  expect(await slotListens()).toBe(false);
}, 180_000);
