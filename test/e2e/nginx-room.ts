import type { Host } from '../lab/host.ts';

const NGINX_CONF = '/etc/nginx/nginx.conf';

/** What one worker may have. */
export interface Room {
  readonly connections: number;
  readonly descriptors: number;
}

/** Writes it where the plan's refusal and the docs say, before anybody is served. */
export async function giveNginx(host: Host, { connections, descriptors }: Room): Promise<void> {
  const edits = [
    `s/worker_connections .*/worker_connections ${connections};/`,
    `1i worker_rlimit_nofile ${descriptors};`,
  ];
  await host.must(['sed', '-i', ...edits.flatMap((edit) => ['-e', edit]), NGINX_CONF]);
  await host.must('systemctl restart nginx');
}
