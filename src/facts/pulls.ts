import { CLIENTS, KEYS, PULL, PULL_LOG, STATE } from '../artifacts/paths.ts';
import { LAST_SEEN } from '../artifacts/pull/seen.ts';
import { UNKNOWN_FINGERPRINT } from '../codec/placeholder.ts';
import {
  KEY_PHASES,
  type KeyRecord,
  type ObservedKey,
  type ObservedPulls,
  PULLED_FILES,
  type Published,
  type PulledFile,
  type Sighting,
} from '../model/pull.ts';
import { type Fact, number, tagged } from './fact.ts';

export const pulls: Fact<ObservedPulls> = {
  // `key_fingerprints` comes from the files fact; without a salt there are none.
  shell: `
  for file in ${KEYS}/*.k*; do
    if [ ! -f "$file" ] || [ -h "$file" ]; then continue; fi
    [ -r "$file" ] || { unreadable "the key $file cannot be read"; return; }
    printf 'key %s\\n' "\${file##*/}"
  done
  [ -z "$key_fingerprints" ] || printf '%s\\n' "$key_fingerprints"
  for file in ${CLIENTS}/*/key; do
    [ -f "$file" ] || continue
    record=''
    IFS= read -r record <"$file" || :
    file=\${file%/key}
    printf 'record %s %s\\n' "\${file##*/}" "$record"
  done
  find ${PULL} -mindepth 2 -maxdepth 2 -type f \\( ${PULLED_FILES.map((name) => `-name ${name}`).join(' -o ')} \\) \\
    -printf 'published %P %T@ %s\\n' 2>/dev/null || :
  state=${STATE} pull_log=${PULL_LOG}
  last_seen | sed 's/^/seen /'`,
  parse: (lines) => {
    const said = tagged(lines);
    const all = (tag: string) => said.filter(([found]) => found === tag).map(([, rest]) => rest);
    const fingerprints = all('fingerprint');
    return {
      records: Object.fromEntries(all('record').map(parseRecord)),
      keys: all('key').map((name, at) => parseKey(name, fingerprints[at])),
      published: parsePublished(all('published')),
      seen: all('seen')
        .flatMap(parseSighting)
        .sort((a, b) => (order(a) < order(b) ? -1 : 1)),
    };
  },
};

/** The function that the fact above calls. */
export const PULLS_FUNCTIONS = LAST_SEEN;

/** `desktop.k2` */
function parseKey(name: string, fingerprint = UNKNOWN_FINGERPRINT): ObservedKey {
  const [, client, count] = /^([a-z][a-z0-9_-]*)\.k(\d+)$/.exec(name) ?? [];
  if (client === undefined) throw new Error(`${KEYS}/${name} is no key's name`);
  return { client, number: number(count ?? ''), fingerprint };
}

/** `desktop announced 1 2 1763687691` */
function parseRecord(line: string): [string, KeyRecord] {
  const [client = '', word = '', current = '', next = '', madeAt = ''] = line.split(' ');
  const phase = KEY_PHASES.find((known) => known === word);
  if (phase === undefined) throw new Error(`${CLIENTS}/${client}/key makes no sense`);
  return [client, { phase, current: number(current), next: number(next), madeAt: number(madeAt) }];
}

/** `desktop/sync.conf 1763687691.0000000000 241`: nginx's ETag is time and size, both hexadecimal. */
function parsePublished(lines: readonly string[]): ObservedPulls['published'] {
  const published: Record<string, Published> = {};
  for (const line of [...lines].sort()) {
    const [path = '', time = '', size = ''] = line.split(' ');
    const [client = '', name = ''] = path.split('/');
    const etag = `${Math.floor(number(time)).toString(16)}-${number(size).toString(16)}`;
    published[client] = { ...published[client], [pulledFile(name)]: etag };
  }
  return published;
}

/** `desktop 1 sync.conf 304 6921a1b3-f1 1763687691`; what the sync step does not ask for is nobody's poll. */
function parseSighting(line: string): readonly Sighting[] {
  const [client = '', key = '', file = '', status = '', etag = '', at = ''] = line.split(' ');
  if (!isPulled(file)) return [];
  if (status !== '200' && status !== '304') throw new Error(`a pull that ended with ${status} is none`);
  return [{ client, key: number(key), file, status: status === '200' ? 200 : 304, etag, at: number(at) }];
}

const isPulled = (name: string): name is PulledFile => (PULLED_FILES as readonly string[]).includes(name);

function pulledFile(name: string): PulledFile {
  if (isPulled(name)) return name;
  throw new Error(`${PULL} has no ${name}`);
}

/** awk gives them in an order of its own. */
const order = ({ client, key, file }: Sighting) => `${client} ${String(key).padStart(9, '0')} ${file}`;
