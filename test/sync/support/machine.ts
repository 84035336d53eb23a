import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Client, HOST } from './client.ts';
import { replaceProgram, shellCommand, type Variant } from './variants.ts';

/** What was found after a run on a small disk that was full, and after one with room again. */
export interface OnDisk {
  readonly status: number;
  readonly log: string;
  readonly files: Readonly<Record<string, string>>;
}

type Rounds = Readonly<Record<'full' | 'roomy', OnDisk>>;

/** $1 the folder, $2 a copy of it, $3 how many KiB stay free, $4 where to put what was found, then the command. */
const SMALL_DISK = `set -eu
folder=$1 seed=$2 free=$3 out=$4
shift 4
mount -t tmpfs -o size=64k,mode=750 none "$folder"
cp -a "$seed/." "$folder"
head -c "$((free * 1024))" /dev/zero >"$folder/room"
cat /dev/zero >"$folder/ballast" 2>/dev/null || :
rm "$folder/room"
for round in full roomy; do
  mkdir "$out/$round"
  "$@" >"$out/$round.log" 2>&1 && echo 0 >"$out/$round.status" || echo "$?" >"$out/$round.status"
  for file in $(ls -A "$folder"); do [ "$file" = ballast ] || cp "$folder/$file" "$out/$round/"; done
  rm -f "$folder/ballast"
done`;

/** Runs the sync step in a mount namespace of its own, where its folder is a disk with `freeKiB` left. */
export async function runOnFullDisk(client: Client, variant: Variant, freeKiB: number): Promise<Rounds> {
  const seed = join(client.root, 'seed');
  const out = join(client.root, 'out');
  execFileSync('sh', ['-c', 'rm -rf "$2" "$3"; cp -a "$1" "$2"; mkdir "$3"', 'sh', client.folder, seed, out]);
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const command = ['env', '-i', `PATH=${client.path}`, ...shellCommand(variant), client.script, HOST];
  const arguments_ = [client.folder, seed, String(freeKiB), out, ...command];
  await promisify(execFile)('unshare', [...namespace, 'sh', '-c', SMALL_DISK, 'sh', ...arguments_]);
  const found = (round: string): OnDisk => ({
    status: Number(readFileSync(join(out, `${round}.status`), 'utf8')),
    log: readFileSync(join(out, `${round}.log`), 'utf8'),
    files: Object.fromEntries(
      execFileSync('ls', ['-A', join(out, round)], { encoding: 'utf8' })
        .split('\n')
        .filter((name) => name !== '')
        .map((name) => [name, readFileSync(join(out, round, name), 'utf8')]),
    ),
  });
  return { full: found('full'), roomy: found('roomy') };
}

/** Ends everything, as a power cut does, before (odd points) or after (even points) an operation. */
export interface PowerCut {
  /** Cuts at the n-th point from now on; 0: never. */
  at(point: number): void;
  /** The operations that were begun since then, as called. */
  operations(): readonly string[];
}

const CUT = `
cut() { kill -9 "-$session" 0; }
read -r _ _ _ _ _ session _ </proc/$$/stat
read -r point <FOLDER/point; read -r cut <FOLDER/cut
point=$((point + 1)); echo "$point" >FOLDER/point
echo "PROGRAM $*" >>FOLDER/operations
[ "$point" != "$cut" ] || cut
REAL "$@"; status=$?
point=$((point + 1)); echo "$point" >FOLDER/point
[ "$point" != "$cut" ] || cut
exit "$status"`;

/** Puts a switch around each program that changes something, and around the downloader. */
export function installPowerCut(client: Client, { tool }: Variant): PowerCut {
  for (const program of ['mv', 'sync', 'chmod', tool])
    replaceProgram(
      client.path,
      program,
      CUT.replaceAll('FOLDER', client.root).replaceAll('PROGRAM', program),
    );
  const operations = join(client.root, 'operations');
  return {
    at: (point) => {
      writeFileSync(join(client.root, 'point'), '0\n');
      writeFileSync(join(client.root, 'cut'), `${point}\n`);
      rmSync(operations, { force: true });
    },
    operations: () => readFileSync(operations, 'utf8').trimEnd().split('\n'),
  };
}
