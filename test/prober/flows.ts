import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { longestGap } from './figures.ts';
import type { Run } from './pace.ts';
import type { FlowPlan, FlowReport } from './report.ts';

/** How long the last answers may take before their datagrams count as lost. */
const LAST_ANSWER = 1000;

/** What `targets` sends back. */
interface Answer {
  readonly serial: number;
  /** Whom it saw as the sender. */
  readonly from: string;
}

interface Flow {
  /** When each datagram was sent, by its serial. */
  readonly sent: number[];
  /** Whom the target saw as the sender, by serial. */
  readonly seenFrom: Map<number, string>;
}

/** Sends datagrams at the plan's rate from each flow's own socket until the run stops. */
export async function probeFlows(plan: FlowPlan, run: Run): Promise<FlowReport> {
  const flows = await Promise.all(Array.from({ length: plan.flows }, () => send(plan, run)));
  const end = Math.min(run.end, performance.now());
  const sum = (count: (flow: Flow) => number) => flows.reduce((total, flow) => total + count(flow), 0);
  const arrivals = (flow: Flow) => [...flow.seenFrom.keys()].map((serial) => flow.sent[serial] ?? run.begin);
  return {
    sent: sum((flow) => flow.sent.length),
    lost: sum((flow) => flow.sent.length - flow.seenFrom.size),
    sourceChanges: sum(sourceChanges),
    longestGapMs: Math.max(...flows.map((flow) => longestGap(arrivals(flow), run.begin, end))),
  };
}

async function send(plan: FlowPlan, run: Run): Promise<Flow> {
  const flow: Flow = { sent: [], seenFrom: new Map() };
  const socket = createSocket('udp4');
  socket.on('error', () => undefined); // an ICMP refusal: the datagram counts as lost
  socket.on('message', (message) => {
    const answer = parseJson(message.toString());
    if (isAnswer(answer) && answer.serial in flow.sent) flow.seenFrom.set(answer.serial, answer.from);
  });
  const sendNext = () => {
    socket.send(String(flow.sent.length), plan.port, plan.host);
    flow.sent.push(performance.now());
  };
  await run.pace(plan.every, sendNext, plan.count);
  const deadline = performance.now() + LAST_ANSWER;
  while (flow.seenFrom.size < flow.sent.length && performance.now() < deadline) await sleep(10);
  socket.close();
  return flow;
}

/** Undefined for what is none, such as the empty datagram that nginx sends for a target that is gone. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is Answer {
  const { serial, from } = (value ?? {}) as Partial<Answer>;
  return typeof serial === 'number' && typeof from === 'string';
}

function sourceChanges({ seenFrom }: Flow): number {
  const sources = [...seenFrom].toSorted(([a], [b]) => a - b).map(([, from]) => from);
  return sources.filter((from, n) => n > 0 && from !== sources[n - 1]).length;
}
