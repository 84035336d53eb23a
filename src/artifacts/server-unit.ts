import { unitText, unitWord } from '../codec/systemd.ts';
import type { DesiredServer } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';
import { programPath, SERVER_TOML } from './paths.ts';
import { RATHOLE_SANDBOX } from './sandbox.ts';

/** rathole takes about 10 descriptors per service and 2 per visitor. */
export const OPEN_FILES = 262_144;

/**
 * rathole ends itself when a bad address is reloaded, and its start fails while nginx restarts: it must come back
 * each time, so there is no start limit. It reads one folder and needs sockets, nothing else.
 */
export function serverUnit(server: DesiredServer, sha256: string): string {
  const program = unitWord(programPath(server.rathole.version, sha256));
  return `${MARKER_LINE}
[Unit]
Description=${unitText(`rathole server of the tunnel ${server.tunnel}`)}
Documentation=https://github.com/rapiz1/rathole
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${program} --server ${SERVER_TOML}
Environment=RUST_LOG=info
User=rathole
Group=rathole
Restart=always
RestartSec=1
LimitNOFILE=${OPEN_FILES}

AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
${RATHOLE_SANDBOX}
[Install]
WantedBy=multi-user.target
`;
}
