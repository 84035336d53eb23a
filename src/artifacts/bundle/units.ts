import { MARKER_LINE } from '../marker.ts';
import { ETC, LIBRARY } from '../paths.ts';
import { RATHOLE_SANDBOX, SANDBOX } from '../sandbox.ts';

/** The sync step on a client, the same for all hosts. */
export const SYNC_PROGRAM = `${LIBRARY}/sync`;

const OPEN_FILES = 65_536;

/** Tick lengths, in seconds, that divide a minute. */
const TICKS = [60, 30, 20, 15, 10, 5] as const;

/** What runs for one server (TUNNEL-HOST); without a name, the templates of it. */
export function clientInstances(server: string) {
  return {
    timer: `reconcile-sync@${server}.timer`,
    path: `rathole-client@${server}.path`,
    firstSync: `reconcile-first-sync@${server}.service`,
    rathole: `rathole-client@${server}.service`,
  } as const;
}

/** How often the timer fires: once a minute, or as often as a shorter poll interval needs. */
export function tickSeconds(poll: number): number {
  return TICKS.find((tick) => tick <= poll) ?? 5;
}

/** A unit's file: everything that is not in here is the folder's own. `%i` is TUNNEL-HOST. */
interface UnitFile {
  readonly name: string;
  readonly text: string;
}

/** The units of a client that polls each `poll` seconds, as templates over its servers. */
export function clientUnits(poll: number): readonly UnitFile[] {
  const tick = tickSeconds(poll);
  return [
    { name: 'reconcile-first-sync@.service', text: firstSync() },
    { name: 'reconcile-sync@.service', text: sync(tick) },
    { name: 'reconcile-sync@.timer', text: timer(tick) },
    { name: 'rathole-client@.service', text: client() },
    { name: 'rathole-client@.path', text: arrival() },
  ];
}

/**
 * Stays active after its one poll, however that ended: rathole-client wants it, and each restart of rathole would
 * poll again otherwise.
 */
function firstSync(): string {
  return `${MARKER_LINE}
[Unit]
Description=First poll since boot for %i
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${SYNC_PROGRAM} %i
SuccessExitStatus=1 2 3 4 5 6 7
TimeoutStartSec=5min
${SYNC_SANDBOX}`;
}

function sync(tick: number): string {
  return `${MARKER_LINE}
[Unit]
Description=Poll for %i

[Service]
Type=oneshot
ExecStart=${SYNC_PROGRAM} --tick ${tick} %i
SuccessExitStatus=7
TimeoutStartSec=15min
# systemd's own two lines per tick are left out of the journal.
SyslogLevel=notice
LogLevelMax=notice
${SYNC_SANDBOX}`;
}

/** The step itself spreads clients over half a tick; this jitter comes on top, and a poll may be late by it. */
function timer(tick: number): string {
  return `${MARKER_LINE}
[Unit]
Description=Polls for %i

[Timer]
OnCalendar=${tick === 60 ? '*:*:00' : `*:*:00/${tick}`}
AccuracySec=1s
RandomizedDelaySec=${(1000 * tick) / 12}ms

[Install]
WantedBy=timers.target
`;
}

/** rathole ends itself when a handshake fails: it must come back each time, so there is no start limit. */
function client(): string {
  return `${MARKER_LINE}
[Unit]
Description=rathole client of %i
Documentation=https://github.com/rapiz1/rathole
Wants=network-online.target reconcile-first-sync@%i.service
After=network-online.target reconcile-first-sync@%i.service
ConditionPathExists=${ETC}/%i/client.toml
StartLimitIntervalSec=0

[Service]
ExecStart=${ETC}/%i/rathole --client ${ETC}/%i/client.toml
Environment=RUST_LOG=info
User=rathole
Group=rathole
Restart=always
RestartSec=1
LimitNOFILE=${OPEN_FILES}
CapabilityBoundingSet=
${RATHOLE_SANDBOX}
[Install]
WantedBy=multi-user.target
`;
}

/** A client that was set up without a network starts as soon as a poll has brought its first configuration. */
function arrival(): string {
  return `${MARKER_LINE}
[Unit]
Description=First configuration of the rathole client of %i

[Path]
PathChanged=${ETC}/%i/client.toml

[Install]
WantedBy=multi-user.target
`;
}

/** The step is root without any of root's powers: it owns the one folder that it may write to. */
const SYNC_SANDBOX = `ReadWritePaths=${ETC}/%i
CapabilityBoundingSet=
MemoryDenyWriteExecute=yes
${SANDBOX}RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
`;
