import { createHash } from 'node:crypto';

/**
 * What every host has, whatever its variant. python3 is for the lab's own agent and relay; not -minimal, which cannot run
 * Ansible.
 */
export const BASE_PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd', 'openssh-server', 'sudo', 'procps'],
  ...[
    'iproute2',
    'iputils-ping',
    'nftables',
    'curl',
    'wget',
    'busybox',
    'unzip',
    'ca-certificates',
    'openssl',
  ],
  ...['python3', 'python3-apt', 'libstdc++6'],
];

/** What a `bare` host lacks and can install from the lab's own repository. */
const NGINX_PACKAGES = ['nginx', 'libnginx-mod-stream'];

/** Where the hosts find the lab's repository: the control namespace, by the name in their /etc/hosts. */
export const REPOSITORY_PORT = 8099;

/** Files that slow the build and the boot and that no test reads. */
export const EXCLUDED_PATHS = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*'];

/**
 * mmdebstrap hooks, run as `sh -c HOOK exec ROOT`. The first fetches what `bare` lacks, as long as apt still knows
 * Debian's archive; the archives of the base packages are still there and are not wanted.
 */
const FETCH_LACKING = `set -eu; archives=$1/var/cache/apt/archives
rm -f "$archives"/*.deb
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes -qq --no-install-recommends --download-only install ${NGINX_PACKAGES.join(' ')}
mv "$archives"/*.deb "$1/../repository/"
`;

/**
 * Nothing secret or unique may stay in the image, and nothing may wake up and try the network. systemd's generators look
 * for disks, consoles and init scripts that no guest has, at each boot and each daemon-reload; a message of the day is
 * made at each login.
 */
const CUSTOMIZE = `set -eu; root=$1
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname"
: >"$root/etc/resolv.conf"; : >"$root/etc/machine-id"; : >"$root/etc/default/locale"
ln -sf /dev/null "$root/etc/systemd/system/apt-daily.timer"
ln -sf /dev/null "$root/etc/systemd/system/apt-daily-upgrade.timer"
ln -sf /dev/null "$root/etc/systemd/system/e2scrub_reap.service"
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  ln -sf /dev/null "$root/etc/systemd/system-generators/\${generator##*/}"
done
rm -f "$root"/etc/update-motd.d/*
chroot "$root" useradd -m -s /bin/bash deploy
chroot "$root" useradd -m -s /bin/bash visitor
echo 'deploy ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/deploy"; chmod 440 "$root/etc/sudoers.d/deploy"
mkdir -p "$root/var/log/journal"; install -m 755 /dev/null "$root/usr/local/bin/node"
rm -rf "$root/etc/apt/sources.list.d"/*
echo 'deb [trusted=yes] http://apt.test:${REPOSITORY_PORT}/ ./' >"$root/etc/apt/sources.list"
`;

export const HOOKS = [FETCH_LACKING, CUSTOMIZE];

/** Names the built image: another recipe is another image, and both can be in use at once. */
export function recipeDigest(): string {
  const recipe = [BASE_PACKAGES, NGINX_PACKAGES, EXCLUDED_PATHS, HOOKS];
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}
