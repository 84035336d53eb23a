import {
  type ChildProcess,
  type SpawnSyncOptionsWithStringEncoding,
  type SpawnSyncReturns,
  spawn,
  spawnSync,
} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rotateScript } from '../../src/artifacts/rotate/program.ts';
import { parseRecord } from '../../src/codec/record.ts';
import { DRAIN_SECONDS, SETTLE_SECONDS } from '../../src/model/rotation/operations.ts';
import type { RotationRecord } from '../../src/model/rotation.ts';

const RATHOLE_PID = 4242;

const FAKES: Readonly<Record<string, string>> = {
  // Who listens, and what is connected, as the test wrote it; what a client holds listens while server.toml has its
  // token, and who was let in late until server.toml has the name. -K ends everything that fits the filter's address.
  // Who is queued is so for one look.
  ss: `#!/bin/sh
case "$*" in
  *-K*-l*) for last; do :; done; echo "$last" >>"$FAKES/ended"; grep -F -e "\${last#src }" "$FAKES/listening"
    grep -v -F -e "\${last#src }" "$FAKES/listening" >"$FAKES/left"; cat "$FAKES/left" >"$FAKES/listening" ;;
  *-K*) for last; do :; done; echo "$last" >>"$FAKES/cut"; grep -F -e "\${last#src }" "$FAKES/connected"; : >"$FAKES/connected" ;;
  *established*) for last; do :; done; grep -F -e "\${last#src }" "$FAKES/connected" || : ;;
  *sport*) cat "$FAKES/queued"; : >"$FAKES/queued" ;;
  *)
    cat "$FAKES/listening"
    [ -s "$FAKES/late" ] || [ -s "$FAKES/held" ] || exit 0
    accepted=$(cat "$ETC/server.toml")
    while read -r name line; do
      case $accepted in *'"'"$name"'"'*) continue ;; esac
      printf '%s %s\n' "$name" "$line" >&3
      printf '%s\n' "$line"
    done <"$FAKES/late" 3>"$FAKES/left"
    cat "$FAKES/left" >"$FAKES/late"
    while read -r token line; do
      case $accepted in *"$token"*) printf '%s\n' "$line" ;; esac
    done <"$FAKES/held"
    ;;
esac`,
  systemctl: `#!/bin/sh
case "$*" in
  'show --property=MainPID --value rathole-server.service') echo ${RATHOLE_PID} ;;
  'is-active --quiet nginx.service') [ -e "$FAKES/nginx-master" ] ;;
  'show --property=MainPID --value nginx.service') cat "$FAKES/nginx-master" ;;
  'reload nginx.service')
    echo reload >>"$FAKES/reloads"
    cat "$SLOTS"/*.conf >"$FAKES/loaded"
    kill -HUP "$(cat "$FAKES/nginx-master")"
    ;;
  *) exit 4 ;;
esac`,
  nginx: `#!/bin/sh
[ ! -e "$FAKES/nginx-broken" ] || { echo 'nginx: [emerg] broken' >&2; exit 1; }`,
  // Answers for the addresses that the test wrote; curl says 28 of a connection that stays open. Where the client is
  // gone nobody answers, and the third visitor ends the listener.
  curl: `#!/bin/sh
for last; do :; done
echo "$last" >>"$FAKES/probes"
if grep -q -x -F -e "\${last#telnet://}" "$FAKES/deserted"; then
  [ "$(grep -c -x -F -e "$last" "$FAKES/probes")" -lt 3 ] || : >"$FAKES/held"
  exit 0
fi
grep -q -x -F -e "\${last#telnet://}" "$FAKES/answering" && exit 28
exit 7`,
  // Kills the program and all that it has started before or after a rename, where the test says which.
  mv: `#!/bin/sh
read -r kill_at <"$FAKES/kill-at"
[ "$kill_at" -ne 0 ] || exec /bin/mv "$@"
read -r moves <"$FAKES/moves"
moves=$((moves + 1))
echo "$moves" >"$FAKES/moves"
read -r pid <"$FAKES/pid"
[ "$kill_at" -ne $((moves * 2 - 1)) ] || kill -9 "-$pid"
/bin/mv "$@" || exit
[ "$kill_at" -ne $((moves * 2)) ] || kill -9 "-$pid"`,
  // What the kernel's firewall is told, unless there is none.
  nft: `#!/bin/sh
case $1 in -f) cat ;; *) echo "$*" ;; esac >>"$FAKES/firewall"
[ ! -e "$FAKES/no-firewall" ]`,
  // Nobody waits for a data channel or logs in here; all other waits are for something that happens.
  sleep: `#!/bin/sh
echo "$1" >>"$FAKES/slept"
case $1 in ${DRAIN_SECONDS} | ${SETTLE_SECONDS}) ;; *) exec /bin/sleep "$1" ;; esac`,
};

/** A process that has a new child after each SIGHUP, as nginx's master has. */
const MASTER = `trap 'sleep 600 &' HUP; while :; do read -r _ <>"$1"; done`;

export interface Policy {
  readonly client: string;
  readonly protocol: 'tcp' | 'udp';
  readonly cutover: 'blue-green' | 'in-place';
  readonly address: string;
  readonly port: number;
  readonly grace: number;
  readonly max_age: number | '';
  readonly warn_before: number;
  readonly finalize: 'when-verified' | 'at-deadline';
  readonly stragglers: 'hold' | 'cut';
}

export const POLICY: Policy = {
  ...{ client: 'pc', protocol: 'tcp', cutover: 'blue-green', address: '0.0.0.0', port: 2222 },
  ...{ grace: 900, max_age: 86_400, warn_before: 3600, finalize: 'when-verified', stragglers: 'hold' },
};

/** A host's files in a folder of its own, with programs on its PATH that answer as the test wants. */
export class RotateHost {
  readonly root = mkdtempSync(join(tmpdir(), 'reconcile-rotate-'));
  readonly #shell: readonly string[];
  #nginx: ChildProcess | undefined;

  constructor(shell: readonly string[] = ['dash'], alike?: RotateHost) {
    this.#shell = shell;
    if (alike === undefined) this.#furnish();
    else spawnSync('cp', ['-a', '-T', alike.root, this.root]);
    this.write('rotate', this.script);
    chmodSync(this.path('rotate'), 0o755);
  }

  #furnish(): void {
    for (const [name, text] of Object.entries(FAKES)) this.#program(name, text);
    for (const folder of ['etc/backups', 'slots', 'log', 'run'])
      mkdirSync(this.path(folder), { recursive: true });
    for (const fake of [
      'listening',
      'held',
      'late',
      'connected',
      'answering',
      'deserted',
      'probes',
      'reloads',
      'cut',
      'slept',
      'queued',
      'firewall',
    ])
      this.write(`fakes/${fake}`, '');
    this.killAt(undefined);
    this.write('state/rotation/settings', 'at_most=2\nnginx_group=root\n');
    this.write('state/fragments/server/00-head.toml', '[server]\nbind_addr = "127.0.0.1:2333"\n');
  }

  get script(): string {
    return rotateScript({
      etc: this.path('etc'),
      state: this.path('state'),
      slots: this.path('slots'),
      audit: this.path('log/audit.jsonl'),
      pullLog: this.path('log/pull.log'),
      nginxLog: this.path('log/nginx.log'),
      lock: this.path('run/lock'),
      owner: 'root:root',
      path: `${this.path('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`,
    });
  }

  path = (name: string) => join(this.root, name);
  read = (name: string) => readFileSync(this.path(name), 'utf8');
  has = (name: string) => existsSync(this.path(name));
  list = (name: string): string[] => (this.has(name) ? readdirSync(this.path(name)).sort() : []);

  /** Every file of the program's with its text. */
  snapshot(): Record<string, string> {
    const folders = ['etc', 'state', 'slots', 'log'];
    const files = folders.flatMap((folder) =>
      readdirSync(this.path(folder), { recursive: true, withFileTypes: true }).filter((each) =>
        each.isFile(),
      ),
    );
    return Object.fromEntries(
      files.map(({ parentPath, name }) => [
        `${parentPath}/${name}`,
        readFileSync(join(parentPath, name), 'utf8'),
      ]),
    );
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text, { mode: 0o600 });
  }

  /** As if the program were not there. */
  break(name: string): void {
    this.play(name, 'exit 127');
  }

  /** Puts a program before the machine's own. */
  play(name: string, script: string): void {
    this.#program(name, `#!/bin/sh\n${script}`);
  }

  #program(name: string, text: string): void {
    this.write(`bin/${name}`, `${text}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
  }

  /** A service as an apply leaves it, steady with generation 7 unless the record says otherwise. */
  enroll(name: string, policy: Partial<Policy> = {}, record = 'steady 7 0 7 0 0 1000'): void {
    const whole = { ...POLICY, ...policy };
    const lines = Object.entries(whole).map(([key, value]) => `${key}=${value}\n`);
    const ratholeName = whole.cutover === 'in-place' ? name : '@NAME@';
    const table = (side: string, rest: string) =>
      `\n[${side}.services."${ratholeName}"]\ntype = "${whole.protocol}"\ntoken = "@TOKEN@"\n${rest}\n`;
    const folder = `state/rotation/${name}`;
    this.write(`${folder}/policy`, lines.join(''));
    this.write(`${folder}/record`, `${record}\n`);
    this.write(`${folder}/server.template`, table('server', 'bind_addr = "@ADDRESS@"'));
    this.write(`${folder}/client.template`, table('client', 'local_addr = "127.0.0.1:22"'));
    const current = record.split(' ')[1] ?? '0';
    if (current !== '0') this.#fragments(name, whole, current);
    this.write(`state/fragments/client/${whole.client}/00-head.toml`, '[client]\n');
    this.write(`state/clients/${whole.client}/settings`, 'poll=300\nserver=https://edge.example\n');
    this.write(`state/clients/${whole.client}/key`, 'steady 1 0 1700000000\n');
    mkdirSync(this.path(`state/pull/${whole.client}`), { recursive: true });
  }

  #fragments(name: string, policy: Policy, current: string): void {
    for (const side of ['server', 'client']) {
      const folder = side === 'server' ? side : `client/${policy.client}`;
      const text = this.read(`state/rotation/${name}/${side}.template`)
        .replace('@TOKEN@', `old-${name}-${current}`)
        .replace('@NAME@', `${name}.g${current}`)
        .replace(
          '@ADDRESS@',
          policy.cutover === 'in-place' ? `${policy.address}:${policy.port}` : slot(policy.port, current),
        );
      this.write(`state/fragments/${folder}/50-${name}.g${current}.toml`, text);
    }
  }

  /** Runs the program in a process group of its own. */
  run(...words: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync('sh', this.#command(words), {
      encoding: 'utf8',
      env: this.environment,
      detached: true,
    } as SpawnSyncOptionsWithStringEncoding);
  }

  #command(words: readonly string[]): string[] {
    const start = 'echo $$ >"$FAKES/pid"; exec "$@"';
    return ['-c', start, 'sh', ...this.#shell, this.path('rotate'), ...words];
  }

  /** Kills the program at its n-th moment around a rename: the first one's before, the first one's after, and so on. */
  killAt(moment: number | undefined): void {
    this.write('fakes/kill-at', `${moment ?? 0}\n`);
    this.write('fakes/moves', '0\n');
  }

  /** Something that reloads as nginx does. */
  startNginx(): void {
    spawnSync('mkfifo', [this.path('fakes/fifo')]);
    this.#nginx = spawn('bash', ['-c', MASTER, 'nginx', this.path('fakes/fifo')], {
      stdio: 'ignore',
      detached: true,
    });
    this.write('fakes/nginx-master', String(this.#nginx.pid));
  }

  /** Another host with the same files. */
  copy(): RotateHost {
    return new RotateHost(this.#shell, this);
  }

  start(...words: readonly string[]) {
    return spawn('sh', this.#command(words), { env: this.environment });
  }

  /** A process that has the lock, and says so. */
  holdLock() {
    return spawn('sh', ['-c', 'exec 9>>"$1"; flock 9; echo held; read -r _', 'sh', this.path('run/lock')]);
  }

  get environment(): Record<string, string> {
    return { FAKES: this.path('fakes'), SLOTS: this.path('slots'), ETC: this.path('etc') };
  }

  record(name: string): RotationRecord {
    const record = parseRecord(this.read(`state/rotation/${name}/record`).trimEnd());
    if (record === undefined) throw new Error(`the record of ${name} makes no sense`);
    return record;
  }

  /** Tokens by rathole's name, as a file of rathole's has them. */
  tokens(file: string): Record<string, string> {
    const found = this.has(file)
      ? this.read(file).matchAll(/\.services\."([^"]+)"\][^[]*?token = "([^"]+)"/g)
      : [];
    return Object.fromEntries([...found].map((match) => [match[1] ?? '', match[2] ?? '']));
  }

  remove(): void {
    if (this.#nginx?.pid !== undefined) process.kill(-this.#nginx.pid, 'SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function slot(port: number, generation: number | string): string {
  return `127.${77 + (Number(generation) % 2)}.${port >> 8}.${port & 255}:1019`;
}

/** A line of `ss -H -l -t -u -n -p`. */
export function listener(address: string, pid: number | undefined = RATHOLE_PID, protocol = 'tcp'): string {
  const users = pid === undefined ? '' : `users:(("rathole",pid=${pid},fd=9))`;
  return `${protocol}   ${protocol === 'tcp' ? 'LISTEN' : 'UNCONN'} 0      128    ${address}   0.0.0.0:*   ${users}\n`;
}
