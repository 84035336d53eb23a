import { execFileSync } from 'node:child_process';

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

/** Two network namespaces with a cable between them, for what cannot happen on loopback. Needs root. */
export class Cable {
  readonly near: string;
  readonly far: string;
  readonly nearHost = '198.51.100.1';
  readonly farHost = '198.51.100.2';

  /** `name` has at most 9 letters, and no other run uses it. */
  constructor(name: string) {
    this.near = `${name}-near`;
    this.far = `${name}-far`;
    ip('netns', 'add', this.near);
    ip('netns', 'add', this.far);
    ip('-n', this.near, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', this.far);
    for (const [namespace, host] of [
      [this.near, this.nearHost],
      [this.far, this.farHost],
    ] as const) {
      ip('-n', namespace, 'address', 'add', `${host}/24`, 'dev', 'cable');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'link', 'set', 'cable', 'up');
    }
  }

  /** The command that runs another one at an end. */
  at(namespace: string): readonly string[] {
    return ['ip', 'netns', 'exec', namespace];
  }

  run(namespace: string, ...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8' });
  }

  /** From now on packets vanish without a trace, in both directions. */
  blackhole(): void {
    for (const namespace of [this.near, this.far]) this.run(namespace, 'nft', HOLE);
  }

  mend(): void {
    for (const namespace of [this.near, this.far]) this.run(namespace, 'nft', 'delete table inet hole');
  }

  remove(): void {
    ip('netns', 'del', this.near);
    ip('netns', 'del', this.far);
  }
}

const HOLE = `table inet hole {
  chain in { type filter hook input priority 0; policy accept; iifname "cable" drop; }
}`;
