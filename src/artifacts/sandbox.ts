/** The settings that every unit of ours has; each unit adds its capabilities and what it may reach. */
export const SANDBOX = `DevicePolicy=closed
KeyringMode=private
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
UMask=0077
`;

/**
 * For units that run rathole. Without MemoryDenyWriteExecute: its release files are packed by UPX, which unpacks the
 * program into memory and then makes that executable.
 */
export const RATHOLE_SANDBOX = `${SANDBOX}RestrictAddressFamilies=AF_INET AF_INET6
SystemCallFilter=~@privileged @resources
`;
