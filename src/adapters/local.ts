import type { ExecOptions, ExecResult, Host } from '../execute/ports.ts';
import { became, becoming } from './become.ts';
import { noAnswer, sent, signalStatus, TextSink } from './exec-support.ts';

/** The machine that reconcile runs on, as a host. */
export function localHost(name: string, become: boolean): Host {
  return {
    name,
    exec: async (command, input, options) => {
      const result = await run(become ? becoming(command) : command, input, options);
      return become ? became(result) : result;
    },
    close: async () => undefined,
  };
}

async function run(command: string, input: Uint8Array | string, options: ExecOptions): Promise<ExecResult> {
  const { timeoutSeconds, onOutput } = options;
  const { execa } = await import('execa');
  const [stdout, stderr] = [new TextSink(onOutput), new TextSink()];
  const running = execa('/bin/sh', ['-c', command], {
    input: sent(input, options),
    buffer: false,
    encoding: 'buffer',
    reject: false,
    timeout: timeoutSeconds * 1000,
  });
  running.stdout.on('data', stdout.add);
  running.stderr.on('data', stderr.add);
  const { exitCode, signal, timedOut } = await running;
  if (timedOut) throw noAnswer(timeoutSeconds);
  return { code: exitCode ?? signalStatus(signal ?? ''), stdout: stdout.end(), stderr: stderr.end() };
}
