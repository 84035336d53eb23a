import { type Fact, tagged } from './fact.ts';

/** Names of both package systems: each lists what it knows. */
const PACKAGES = [
  'curl',
  'iproute2',
  'libnginx-mod-stream',
  'nginx',
  'nginx-common',
  'nginx-core',
  'nginx-mod-stream',
  'openssl',
  'sudo',
];

export const packages: Fact<Readonly<Record<string, string>>> = {
  // Both programs fail when one of the names is unknown, which is no failure here.
  shell: `
  if command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2016 # dpkg-query fills these in
    dpkg-query --show --showformat='\${db:Status-Status} \${Package} \${Version}\\n' ${PACKAGES.join(' ')} 2>/dev/null || :
  elif command -v pacman >/dev/null; then
    pacman -Q ${PACKAGES.join(' ')} 2>/dev/null | while IFS= read -r line; do printf 'installed %s\\n' "$line"; done
  else
    absent
  fi`,
  parse: (lines) =>
    Object.fromEntries(
      tagged(lines)
        .filter(([status]) => status === 'installed')
        .map(([, rest]) => rest.split(' ', 2) as [string, string]),
    ),
};
