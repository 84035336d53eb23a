import { PULL_LOG } from '../../../src/artifacts/paths.ts';
import type { Host } from '../../lab/host.ts';

const MARK = '/run/bench-mark';

/**
 * Lets a client poll once with nothing new, by the real sync step.
 *
 * @throws unless that was one request, answered "not modified", and nothing on the client's disk was written.
 */
export async function quietPoll(client: Host, server: Host): Promise<string> {
  const log = async () => (await server.must(`cat ${PULL_LOG} /var/log/nginx/access.log`)).split('\n').length;
  const before = await log();
  await client.must(`touch ${MARK} && sleep 0.05 && /usr/local/lib/reconcile/sync home-${server.name}`);
  // The journal is systemd's and goes on by itself.
  const written = await client.must(
    `find /etc /opt /root /usr /var -xdev -newercm ${MARK} -not -path '/var/log/journal/*'`,
  );
  const requests = (await log()) - before;
  const answer = JSON.parse((await server.must(`tail -n 1 ${PULL_LOG}`)).trim());
  if (requests !== 1 || answer.status !== 304 || written !== '') {
    throw new Error(`not a quiet poll: ${requests} requests, ${answer.status}, written: ${written}`);
  }
  return `${requests} request (${answer.file}, ${answer.status}), nothing written on the client's disk`;
}
