import type { Host } from '../lab/host.ts';
import { installRathole, startRathole } from '../lab/rathole.ts';

const FRAGMENTS = '/var/lib/reconcile/fragments/client';

/**
 * Sets up a client by hand, as somebody with a shell on both machines would: its fragments and the authority's
 * certificate are read on the server and put where client.toml says.
 */
export async function setUpClient(client: Host, server: Host, tunnel = 'home'): Promise<void> {
  await installRathole(client);
  const folder = `/etc/rathole/${tunnel}-${server.name}`;
  await client.must(`mkdir -p ${folder}`);
  await client.write(`${folder}/ca.pem`, await server.read('/var/lib/reconcile/tls/ca.pem'));
  await startRathole(client, { name: 'client', role: 'client', config: await clientToml(client, server) });
}

function clientToml(client: Host, server: Host): Promise<string> {
  return server.must(`cat ${FRAGMENTS}/${client.name}/*.toml`);
}

/** Gives a client the file that it would pull, by a rename as the pull has it. */
export async function giveClientItsFile(client: Host, server: Host): Promise<void> {
  const file = await server.read(`/var/lib/reconcile/pull/${client.name}/client.toml`);
  await client.write('/etc/rathole/client.toml', file);
}
