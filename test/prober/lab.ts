import { readFileSync } from 'node:fs';
import { bundle } from '../lab/bundle.ts';
import type { Control } from '../lab/control.ts';
import type { Host } from '../lab/host.ts';
import type { Running } from '../lab/start.ts';
import { parsePlan } from './plan.ts';
import type { ProbePlan, ProbeReport } from './report.ts';
import type { TargetsPlan } from './targets.ts';

const TARGETS = '/usr/local/lib/lab/targets.mjs';

/** A prober at work in the control namespace, as a visitor from outside. */
export class Probing {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  /**
   * Resolves when the first probe of each plan has begun.
   * @throws {BadPlan} before anything is started: what a program says is shown by its last lines only
   */
  static async start(control: Control, plan: ProbePlan): Promise<Probing> {
    const text = JSON.stringify(plan);
    parsePlan(text);
    const program = await bundle('test/prober/main.ts', 'prober');
    const running = control.start([process.execPath, program, text]);
    await running.line(/^probing$/);
    return new Probing(running);
  }

  /** Ends the probes now and gives the report. */
  async stop(): Promise<ProbeReport> {
    await this.#running.stop('SIGTERM');
    return this.report();
  }

  /** Waits until the plan's time is up. @throws with what the prober said when it failed. */
  async report(): Promise<ProbeReport> {
    const status = await this.#running.ended;
    const json = this.#running.lines.find((line) => line.startsWith('{'));
    if (json === undefined) throw new Error(`prober: status ${status}\n${this.#running.lines.join('\n')}`);
    return JSON.parse(json);
  }
}

/**
 * Serves what the plan says on the host's loopback, as the unit lab-targets, from now on and after each boot.
 * @throws also when a port is taken
 */
export async function serveTargets(host: Host, plan: TargetsPlan): Promise<void> {
  const unit = targetsUnit(plan);
  const program = await bundle('test/prober/targets.ts', 'targets');
  await host.write(TARGETS, readFileSync(program));
  await host.write('/etc/systemd/system/lab-targets.service', unit);
  await host.must('systemctl enable --quiet lab-targets && systemctl restart lab-targets');
  const ports = [plan.http, plan.tcp, plan.udp].filter((port) => port !== undefined);
  await host.must(untilServed(ports.length));
}

/** @throws when the id is more than a word: systemd has signs of its own, and quotes around the plan. */
export function targetsUnit(plan: TargetsPlan): string {
  if (!/^[\w.-]+$/.test(plan.id))
    throw new Error(`targets: the id ${JSON.stringify(plan.id)}; allowed: letters, digits, ".", "_" and "-"`);
  const start = `/usr/local/bin/node ${TARGETS} '${JSON.stringify(plan)}'`;
  return `[Service]\nExecStart=${start}\nRestart=always\n[Install]\nWantedBy=multi-user.target\n`;
}

/** Whoever else listens on a port does not count: the unit's own process has to, and it ends where it cannot. */
const untilServed = (listeners: number) => `for i in $(seq 100); do
    systemctl is-active --quiet lab-targets || break
    main=$(systemctl show --property=MainPID --value lab-targets)
    [ "$(ss -Htulnp | grep -c "pid=$main,")" -eq ${listeners} ] && exit
    sleep 0.2
  done
  journalctl -q -u lab-targets -n 10 -o cat >&2
  exit 1`;
