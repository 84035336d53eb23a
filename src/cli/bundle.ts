import { InvalidArgumentError, Option } from 'commander';
import type { Unseen } from '../execute/observe.ts';
import type { Desired, DesiredClient, DesiredServer } from '../model/desired.ts';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import { printable } from '../render/printable.ts';
import { exitStatuses, forksOption, sshConfigOption } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly out?: string;
  readonly print: boolean;
  readonly forks: number;
  readonly sshConfig?: string;
}

/** `reconcile bundle`: the installer that makes a machine one of the clients. */
export const bundle: DefineVerb = (program, end) => {
  program
    .command('bundle')
    .description("Write a client's installer: its keys, its programs and its units in one shell script.")
    .argument('<client>', 'the client, as the playbooks name it')
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(new Option('--out <file>', 'where to write it, 0600: it is a secret').argParser(filePath))
    .addOption(new Option('--print', 'print it without its keys instead').default(false).conflicts('out'))
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText('after', exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'internal'))
    .action((client: string, playbooks: string[], options: Options) => end(run(client, playbooks, options)));
};

function filePath(text: string): string {
  if (text !== '' && text !== '-') return text;
  throw new InvalidArgumentError('a file is needed: a key does not belong on a terminal or into a pipe.');
}

async function run(name: string, playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const { inventory, out, print } = options;
  if (out === undefined && !print) throw usage('nowhere to write it to', 'give --out FILE, or --print');
  const [{ loadDesired }, { checkWritable }] = await Promise.all([
    import('./desired.ts'),
    import('./wire.ts'),
  ]);
  const desired = await loadDesired(inventory, playbooks);
  const client = desired.clients.find((each) => each.name === name);
  if (client === undefined) throw unknown(name, desired);
  if (out !== undefined) await checkWritable(out);
  const bundle = await made(desired, client, options);
  if ('unseen' in bundle) return cannotSee(bundle.unseen);
  const { script, keys } = bundle;
  if (out === undefined) process.stdout.write(script);
  else await save(out, script, keys);
  return 'ok';
}

async function made(desired: Desired, client: DesiredClient, { forks, sshConfig }: Options) {
  const [
    { Connections },
    { readClientSecrets },
    { pooled },
    wire,
    { bundlePrograms },
    artifacts,
    { serverName },
  ] = await Promise.all([
    import('../execute/connections.ts'),
    import('../execute/client-secrets.ts'),
    import('../execute/pool.ts'),
    import('./wire.ts'),
    import('./bundle-programs.ts'),
    import('../artifacts/bundle/bundle.ts'),
    import('../artifacts/client-toml.ts'),
  ]);
  const servers = desired.servers.filter((each) => offers(each, client));
  if (servers.length === 0) throw usage(`${client.name} offers no service`, 'give it one in a playbook');
  const hosts = servers.map(({ host }) => host);
  const { connect, close } = new Connections(hosts, wire.hostOpener(sshConfig));
  try {
    const answers = await pooled(servers, forks, async ({ host: { name } }) => {
      try {
        return await readClientSecrets(await connect(name), client.name);
      } catch (error) {
        if (error instanceof ReconcileError) return { host: name, error };
        throw error;
      }
    });
    const unseen = answers.flatMap((each) => ('error' in each ? [each] : []));
    if (unseen.length > 0) return { unseen };
    const secrets = answers.flatMap((each) => ('error' in each ? [] : [each]));
    const joined = servers.map((server, at) => ({
      name: serverName(server),
      url: `https://${server.domain}`,
      ratholeVersion: server.rathole.version,
      ...(server.tls.mode === 'self-signed' && { authority: secrets[at]?.authority ?? '' }),
    }));
    const programs = await bundlePrograms({ ...desired, servers });
    const script = artifacts.bundleScript({
      client: client.name,
      poll: client.poll,
      servers: joined,
      programs,
    });
    const keys = secrets.flatMap(({ key }, at) =>
      servers[at] ? [[serverName(servers[at]), key] as const] : [],
    );
    return { script, keys: new Map(keys) };
  } finally {
    await close();
  }
}

/** Half a bundle would make a client that some of its hosts never let in. */
async function cannotSee(unseen: readonly Unseen[]): Promise<ExitCode> {
  const { unseenText, unseenCode } = await import('./planning.ts');
  process.stderr.write(`${unseenText(unseen)}no bundle is written: it needs the key of each host\n`);
  return unseenCode(unseen) ?? 'failed';
}

const offers = ({ services }: DesiredServer, { name }: DesiredClient) =>
  services.some(({ client }) => client === name);

async function save(path: string, script: string, keys: ReadonlyMap<string, Secret>): Promise<void> {
  const { writeBundle, workTreeOf } = await import('./wire.ts');
  const tree = await workTreeOf(path);
  const replaced = await writeBundle(path, script, keys);
  process.stderr.write(savedText(path, replaced));
  if (tree !== undefined) {
    process.stderr.write(`${path} lies in the Git work tree ${tree}: whoever reads it can be this client\n`);
  }
}

/** What was done, and what is to do now. */
function savedText(path: string, replaced: boolean): string {
  const file = printable(path.replace(/^.*\//, ''));
  return `${replaced ? 'replaced' : 'wrote'} ${printable(path)}: copy it to the client, run \`sh ${file}\` there as root, then delete both\n`;
}

function unknown(name: string, { clients }: Desired): ReconcileError {
  const names = clients.map((each) => each.name).join(', ');
  return usage(
    `no playbook declares a client ${JSON.stringify(name)}`,
    `the clients are: ${names || 'none'}`,
  );
}

const usage = (message: string, remedy: string) => new ReconcileError('invalid', message, remedy);
