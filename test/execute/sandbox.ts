import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Transcript, type TranscriptEvent, TranscriptReader } from '../../src/execute/protocol.ts';
import { followCommand, type Places } from '../../src/execute/script/frame.ts';
import { type Brought, type ProgramBytes, transactionScript } from '../../src/execute/script/transaction.ts';
import type { Step } from '../../src/model/step.ts';

export const SHELLS = ['dash', 'bash'] as const;
export type Shell = (typeof SHELLS)[number];

export interface Run extends Transcript {
  readonly code: number;
  readonly events: readonly string[];
  readonly stderr: string;
}

/** A folder that a transaction takes for a host, with stand-ins for the commands that would reach beyond it. */
export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'transaction-'));
  readonly places: Places;
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
    for (const folder of ['bin', 'run', 'state', 'etc']) mkdirSync(this.at(folder));
    symlinkSync(`/usr/bin/${shell}`, this.at('bin/sh'));
    this.places = {
      lock: this.at('run/lock'),
      run: this.at('run'),
      state: this.at('state'),
      swept: [this.at('etc'), this.at('state')],
      path: this.#path,
      rotator: this.at('bin/rotate'),
      audit: this.at('audit'),
      syncer: this.at('bin/sync-step'),
      joined: this.at('etc'),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  at(path: string): string {
    return join(this.root, path);
  }

  /** Puts a command before the machine's own. */
  command(name: string, script: string): void {
    writeFileSync(this.at(`bin/${name}`), `#!/bin/sh\n${script}\n`);
    chmodSync(this.at(`bin/${name}`), 0o755);
  }

  script(steps: readonly Step[], programs: ProgramBytes = new Map(), brought: Brought = new Map()): string {
    return transactionScript(steps, { programs, brought }, 'me@here', this.places);
  }

  apply(steps: readonly Step[], programs?: ProgramBytes): Promise<Run> {
    return this.send(this.script(steps, programs));
  }

  /** Gives the transaction's text to the follower, as a connection would. */
  send(script: string): Promise<Run> {
    const events: string[] = [];
    const reader = new TranscriptReader((event) => events.push(eventText(event)));
    const child = this.start(script);
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => reader.feed(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...reader.transcript, code: code ?? -1, events, stderr }));
    });
  }

  /** A follower that the test may kill. */
  start(script: string) {
    const child = spawn('/bin/sh', ['-c', followCommand(this.places)], {
      env: { PATH: this.#path },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stdin.end(script);
    return child;
  }

  get shell(): Shell {
    return this.#shell;
  }

  get #path(): string {
    return `${this.at('bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  }
}

function eventText(event: TranscriptEvent): string {
  if (event.kind === 'note') return `note ${event.text}`;
  if (event.kind === 'rotation') return `rotation ${event.rotation.service} ${event.rotation.verdict}`;
  return `${event.kind} ${event.step}`;
}

export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
