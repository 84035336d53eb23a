import { MARKER_LINE } from '../marker.ts';
import { PENDING, ROTATE } from '../paths.ts';
import { SANDBOX } from '../sandbox.ts';

/** Seconds between the timer's runs: how soon a verified rotation finalizes without a controller. */
const TICK = 15;

/** Static: enabled or not, it is there for pending-tokens.json, which the host's program makes and removes. */
export function finalizeTimer(): string {
  return `${MARKER_LINE}
[Unit]
Description=Continue the rotation of rathole tokens

[Timer]
OnBootSec=${TICK}
OnUnitActiveSec=${TICK}
AccuracySec=1

[Install]
WantedBy=timers.target
`;
}

/**
 * It sees whose a listener is (CAP_SYS_PTRACE, all of /proc), ends connections (CAP_NET_ADMIN), and tests nginx's
 * configuration as nginx does: which binds its ports, opens its logs, and sets the owners of its folders.
 */
export function finalizeService(): string {
  const sandbox = SANDBOX.replace('ProtectProc=invisible\n', '').replace('ProcSubset=pid\n', '');
  return `${MARKER_LINE}
[Unit]
Description=Continue the rotation of rathole tokens
ConditionPathExists=${PENDING}
After=rathole-server.service nginx.service

[Service]
Type=oneshot
ExecStart=${ROTATE} --actor timer continue
TimeoutStartSec=120

CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_SYS_PTRACE
${sandbox}RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
ReadWritePaths=/etc/rathole /etc/nginx /var/lib/reconcile /var/log /run -/var/lib/nginx
`;
}
