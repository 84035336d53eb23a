import { approve } from '../../src/execute/approve.ts';
import type { RunEvent } from '../../src/execute/events.ts';
import type { Host, Ports } from '../../src/execute/ports.ts';
import { ReconcileError } from '../../src/model/errors.ts';
import type { HostPlan, Plan } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/step.ts';
import { writeFile } from './steps.ts';

export const STEPS = [writeFile('/etc/one', '1'), writeFile('/etc/two', '2')];
export const GOOD = 'started 1\nok 1\nstarted 2\nok 2\nend ok\n';
export const unreachable = new ReconcileError('unreachable', 'no route', 'look at the network');

export const hostPlan = (host: string, steps: readonly Step[] = STEPS): HostPlan => ({
  host,
  tunnel: 'home',
  changes: [],
  steps,
  refusals: [],
  notes: [],
  rotations: [],
});
export const plan = (...hosts: HostPlan[]): Plan => ({ digest: 'd', hosts });
export const approved = (...hosts: HostPlan[]) => approve(plan(...hosts), new Set());

/** What a host answers: its output, or what `exec` throws after the output that did arrive. */
interface Answer {
  readonly output?: string;
  readonly error?: Error;
}

/** Hosts that answer as told, and what they were sent. */
export function world(answers: Readonly<Record<string, Answer>>, changed: Partial<Ports> = {}) {
  const events: RunEvent[] = [];
  const sent: Record<string, string> = {};
  const connect = async (name: string): Promise<Host> => {
    const { output = '', error } = answers[name] ?? {};
    return {
      name,
      exec: async (_, input, { onOutput }) => {
        sent[name] = String(input);
        for (const piece of output.match(/.{1,7}/gs) ?? []) onOutput?.(piece);
        if (error) throw error;
        return { code: output.endsWith('end ok\n') ? 0 : 1, stdout: output, stderr: '' };
      },
      close: async () => {},
    };
  };
  const ports: Ports = {
    connect,
    replan: async (host) => plan(hostPlan(host, [])),
    programs: { read: async () => new Uint8Array() },
    actor: 'me@here',
    report: (event) => events.push(event),
    forks: 20,
    stop: new AbortController().signal,
    ...changed,
  };
  return { ports, events, sent };
}
