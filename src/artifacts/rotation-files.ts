import { quote } from '../codec/shell.ts';
import type { DesiredService, RotationPolicy } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';

/** What the host's program knows of one service, for `.` of the shell; times in seconds, an empty max_age: never. */
export function policyFile(service: DesiredService, policy: RotationPolicy): string {
  return assignments({
    client: service.client,
    protocol: service.protocol,
    cutover: service.cutover,
    address: service.bind.address,
    port: service.bind.port,
    grace: policy.grace,
    max_age: policy.maxAge ?? '',
    warn_before: policy.warnBefore,
    finalize: policy.finalize,
    stragglers: policy.stragglers,
  });
}

/** The same of the host; `nginxGroup` may be a placeholder that the host fills in. */
export function settingsFile({ atMost }: RotationPolicy, nginxGroup: string): string {
  return `${assignments({ at_most: atMost })}nginx_group=${nginxGroup}\n`;
}

function assignments(values: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quote(String(value))}\n`);
  return `${MARKER_LINE}${lines.join('')}`;
}
