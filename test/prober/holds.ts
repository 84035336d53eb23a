import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onEnd } from './connects.ts';
import { round } from './figures.ts';
import type { Run } from './pace.ts';
import type { Failure, HoldPlan, HoldReport } from './report.ts';

/** How long the last echoes may take before their connection counts as dead. */
const LAST_ECHO = 3000;

interface Held {
  /** Written and not yet echoed. */
  out: string;
  /** Echoed. */
  bytes: number;
  opened: boolean;
  end: { how: Failure; atMs: number } | undefined;
}

/** Keeps the connections open until the run stops, writing and checking the echo all the time. */
export async function probeHolds(plan: HoldPlan, run: Run): Promise<HoldReport> {
  const held = await Promise.all(Array.from({ length: plan.connections }, () => hold(plan, run)));
  const ended = held.flatMap(({ end }) => (end === undefined ? [] : [end]));
  return {
    opened: held.filter(({ opened }) => opened).length,
    survived: held.length - ended.length,
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
    ended: ended.toSorted((a, b) => a.atMs - b.atMs),
  };
}

async function hold(plan: HoldPlan, run: Run): Promise<Held> {
  const state: Held = { out: '', bytes: 0, opened: false, end: undefined };
  const over = (how: Failure) => {
    state.end ??= { how, atMs: round(run.now()) };
  };
  const socket = connect({ host: plan.host, port: plan.port, noDelay: true });
  socket.setEncoding('latin1');
  socket.once('connect', () => {
    state.opened = true;
  });
  onEnd(socket, over);
  socket.on('data', (part) => {
    const echo = String(part);
    if (!state.out.startsWith(echo)) over('wrong');
    state.out = state.out.slice(echo.length);
    state.bytes += echo.length;
  });
  let serial = 0;
  await run.pace(plan.every, () => {
    if (state.end !== undefined) return;
    const line = `${serial} ${'.'.repeat(serial % 80)}\n`;
    serial += 1;
    state.out += line;
    socket.write(line);
  });
  const deadline = performance.now() + LAST_ECHO;
  const isAwaited = () => (!state.opened || state.out !== '') && state.end === undefined;
  while (isAwaited() && performance.now() < deadline) await sleep(10);
  if (isAwaited()) over('timeout');
  socket.destroy();
  return state;
}
