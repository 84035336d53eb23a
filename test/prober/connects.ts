import { connect, type Socket } from 'node:net';
import { longestGap, percentile } from './figures.ts';
import type { Run } from './pace.ts';
import { type ConnectPlan, type ConnectReport, FAILURES, type Failure } from './report.ts';

const TIMEOUT = 5000;

interface Success {
  readonly start: number;
  readonly took: number;
}

type Verdict = 'incomplete' | 'right' | 'wrong';

/** What is asked, and how an answer is judged while it comes in. */
interface Dialogue {
  readonly request: string;
  judge(answer: string): Verdict;
}

/** Opens connections at the plan's rate until the run stops, and waits for the last answers. */
export async function probeConnects(plan: ConnectPlan, run: Run): Promise<ConnectReport> {
  const successes: Success[] = [];
  const failedBy = Object.fromEntries(FAILURES.map((kind) => [kind, 0])) as Record<Failure, number>;
  const underWay: Promise<void>[] = [];
  const probe = async (serial: number) => {
    const start = performance.now();
    const failure = await askOnce(plan, serial);
    if (failure === undefined) successes.push({ start, took: performance.now() - start });
    else failedBy[failure] += 1;
  };
  await run.pace(plan.every, () => underWay.push(probe(underWay.length)), plan.count);
  const end = performance.now();
  await Promise.all(underWay);
  const took = successes.map((success) => success.took);
  return {
    total: underWay.length,
    failed: underWay.length - successes.length,
    failedBy,
    longestGapMs: longestGap(
      successes.map((success) => success.start),
      run.begin,
      end,
    ),
    p50Ms: percentile(took, 0.5),
    p99Ms: percentile(took, 0.99),
  };
}

/** One connection with one request. @returns how it failed; undefined when the answer was right. */
function askOnce(plan: ConnectPlan, serial: number): Promise<Failure | undefined> {
  const { request, judge } = dialogueOf(plan, serial);
  const socket = connect({ host: plan.host, port: plan.port });
  return new Promise((resolve) => {
    const finish = (failure?: Failure) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    const timer = setTimeout(finish, plan.timeout ?? TIMEOUT, 'timeout');
    let answer = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(request));
    socket.on('data', (part) => {
      answer += part;
      const verdict = judge(answer);
      if (verdict !== 'incomplete') finish(verdict === 'wrong' ? 'wrong' : undefined);
    });
    onEnd(socket, finish);
  });
}

/**
 * Tells how a connection ends: by the far end's FIN, its RST, or for good before it began. The kernel tells of an RST
 * once: where a write is told, reading ends as after a FIN, and may do so a moment before the write's error.
 */
export function onEnd(socket: Socket, ended: (how: Failure) => void): void {
  socket.once('end', () => setImmediate(ended, 'eof'));
  socket.once('error', (error: NodeJS.ErrnoException) => ended(failureOf(error.code)));
}

function failureOf(code: string | undefined): Failure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return code === 'ETIMEDOUT' ? 'timeout' : 'other';
}

function dialogueOf({ kind, host, expect = '' }: ConnectPlan, serial: number): Dialogue {
  const pattern = new RegExp(expect);
  const asExpected = (right: boolean, answer: string) => (right && pattern.test(answer) ? 'right' : 'wrong');
  const whole = (answer: string) => answer.includes('\n');
  if (kind === 'http') {
    return {
      request: `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      judge: (answer) =>
        isWholeHttp(answer) ? asExpected(/^HTTP\/1\.1 200 /.test(answer), answer) : 'incomplete',
    };
  }
  if (kind === 'banner') {
    return { request: '', judge: (answer) => (whole(answer) ? asExpected(true, answer) : 'incomplete') };
  }
  const line = `probe ${serial}\n`;
  return {
    request: line,
    judge: (answer) => (whole(answer) ? asExpected(answer === line, answer) : 'incomplete'),
  };
}

/** All our targets, and nginx's own pages, give a Content-Length. */
function isWholeHttp(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  const length = /^content-length: *(\d+)/im.exec(answer.slice(0, headEnd))?.[1];
  return (
    headEnd >= 0 && (length === undefined || Buffer.byteLength(answer.slice(headEnd + 4)) >= Number(length))
  );
}
