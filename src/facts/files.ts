import { KEYS } from '../artifacts/paths.ts';
import type { ObservedFile } from '../model/observed.ts';
import type { Fact } from './fact.ts';
import { parseFiles } from './files-parse.ts';
import { REDACT_AWK } from './redact-awk.ts';

/** Everything that reconcile writes or hooks into; patterns are the shell's. */
const PLACES = [
  '/etc/rathole',
  '/var/lib/reconcile',
  '/usr/local/lib/reconcile',
  '/var/log/reconcile',
  '/etc/nginx/nginx.conf',
  '/etc/nginx/reconcile',
  '/etc/nginx/conf.d',
  '/etc/nginx/modules-enabled',
  '/etc/nginx/sites-enabled',
  '/etc/systemd/system/rathole*',
  '/etc/systemd/system/reconcile*',
  '/etc/sysctl.d/60-reconcile.conf',
];

/** Whose content is read, by form: see REDACT_AWK. Keys, the salt and programs are not among them. */
const TEXTS = {
  toml: [
    '/etc/rathole/*.toml',
    '/etc/rathole/*/*.toml',
    '/var/lib/reconcile/fragments/*/*.toml',
    '/var/lib/reconcile/fragments/client/*/*.toml',
    '/var/lib/reconcile/pull/*/client.toml',
  ],
  json: [
    '/etc/rathole/pending-tokens.json',
    '/var/lib/reconcile/state.json',
    '/var/lib/reconcile/pull/*/config',
  ],
  own: [
    '/var/lib/reconcile/journal',
    '/var/lib/reconcile/pull/*/sync.conf',
    '/etc/rathole/*/sync.conf',
    '/var/lib/reconcile/rotation/*/*.template',
  ],
  plain: [
    '/var/lib/reconcile/clients/*/settings',
    '/etc/nginx/reconcile/*.conf',
    '/etc/nginx/reconcile/slots/*.conf',
    '/etc/nginx/conf.d/reconcile*.conf',
    '/etc/nginx/modules-enabled/*reconcile*.conf',
    '/etc/systemd/system/rathole*.service',
    '/etc/systemd/system/rathole*.path',
    '/etc/systemd/system/rathole*.service.d/*.conf',
    '/etc/systemd/system/reconcile*.service',
    '/etc/systemd/system/reconcile*.timer',
    '/etc/sysctl.d/60-reconcile.conf',
    '/var/lib/reconcile/rotation/settings',
    '/var/lib/reconcile/rotation/*/policy',
  ],
};

/** Changing often or many, and nothing that a plan compares: known by name alone. */
const UNHASHED = ["'/etc/rathole/backups/*'", "'/var/log/*'"];

export const files: Fact<Readonly<Record<string, ObservedFile>>> = {
  shell: `
  # Errors are kept apart, for they would land in the middle of lines.
  { errors=$(find ${PLACES.join(' ')} -maxdepth 4 \\( -name '*
*' -prune -printf 'broken\\n' -o -printf 'file %y %m %u %g %T@ %s %p\\n' \\( -type l -printf 'link %l\\n' -o \\
    ${UNHASHED.map((pattern) => `-path ${pattern}`).join(' -o ')} -o -type f -exec sha256sum {} + \\) \\) 2>&1 >&3); } 3>&1
  printf 'errors\\n%s\\n' "$errors"
  salt=''
  if [ -e /var/lib/reconcile/salt ]; then
    [ -r /var/lib/reconcile/salt ] || { unreadable 'the salt in /var/lib/reconcile/salt cannot be read'; return; }
    IFS= read -r salt </var/lib/reconcile/salt || :
    case $salt in *[!0-9a-f]* | '') unreadable 'the salt in /var/lib/reconcile/salt is not hexadecimal'; return ;; esac
  fi
  texts=$(
${Object.entries(TEXTS).map(list).join('\n')}
    printf 'form=key\\n'
    [ -z "$salt" ] || for file in ${KEYS}/*.k*; do
      if [ -f "$file" ] && [ ! -h "$file" ] && [ -r "$file" ]; then printf '%s\\n' "$file"; fi
    done
  )
  printf 'texts\\n'
  { key_fingerprints=$({
    [ -z "$salt" ] || printf '%s\\n' "$texts" | redact collect | fingerprints
    printf '%s\\n' "$texts"
  } | redact print 4>&1 >&3) || unreadable 'a text changed while it was read'; } 3>&1`,
  parse: parseFiles,
};

/** Shell that prints a form and its readable files, a line each; empty ones have no line to be noticed by. */
function list([form, patterns]: [string, readonly string[]]): string {
  return `    printf 'form=${form}\\n'
    for file in ${patterns.join(' ')}; do
      case $file in *'
'*) continue ;; esac
      [ ! -f "$file" ] || [ -h "$file" ] || [ ! -r "$file" ] || [ ! -s "$file" ] || printf '%s\\n' "$file"
    done`;
}

/** Functions that the fact above calls. */
export const FILES_FUNCTIONS = `
redact() { # collect|print: see REDACT_AWK
  awk -v mode="$1" '${REDACT_AWK}
  '
}

fingerprints() { # secrets on stdin, a line each: prints SHA-256 of salt, secret and line break, a line each
  while IFS= read -r s3; do hold; done
}

hold() { # [PIPE...]: seven secrets more, the first of them in s3; the innermost process hashes what all of them hold
  # The texts reach sha256sum by way of pipes: never an argument, the environment or a file. A shell knows seven
  # descriptors to hold them, so each seven have a process; that costs a tenth of starting sha256sum for them.
  IFS= read -r s4 || s4=''
  IFS= read -r s5 || s5=''
  IFS= read -r s6 || s6=''
  IFS= read -r s7 || s7=''
  IFS= read -r s8 || s8=''
  IFS= read -r s9 || s9=''
  (
    read -r pid _ </proc/self/stat
    for held in 3 4 5 6 7 8 9; do set -- "$@" "/proc/$pid/fd/$held"; done
    if [ $# -lt 140 ] && IFS= read -r s3; then hold "$@"; else sha256sum "$@"; fi
  ) 3<<S3 4<<S4 5<<S5 6<<S6 7<<S7 8<<S8 9<<S9
$salt$s3
S3
$salt$s4
S4
$salt$s5
S5
$salt$s6
S6
$salt$s7
S7
$salt$s8
S8
$salt$s9
S9
}`;
