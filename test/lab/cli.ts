import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import type { LabSpec } from './sites.ts';

const USAGE = `Usage: npm run lab -- [--vps a,b] [--bare c] [--clients d,e]

Boots a lab to look around in, and takes it down on Ctrl-C. Needs root; test/lab/README.md tells more.

  --vps NAMES      servers with nginx (default, without any option: edge)
  --bare NAMES     servers that can install nginx, and lack it
  --clients NAMES  clients behind NAT (default, without any option: desktop,attic)`;

const DEFAULT: LabSpec = { vps: ['edge'], clients: ['desktop', 'attic'] };
const NAMES = { type: 'string', multiple: true } as const;

/** See USAGE. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { vps: NAMES, bare: NAMES, clients: NAMES, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const stopped = interrupted(); // from here on: a lab half booted is taken down, too
  const { vps, bare, clients } = values;
  const wanted = { vps: listOf(vps), bare: listOf(bare), clients: listOf(clients) };
  const lab = await Lab.boot(Object.values(wanted).every((names) => names.length === 0) ? DEFAULT : wanted);
  console.log(guide(lab));
  await stopped;
  await lab[Symbol.asyncDispose]();
}

/** How to get into the lab, and what is there. */
function guide(lab: Lab): string {
  const outside = `outside: this machine's files, the lab's network and names\n  ${shell(lab.control.enter(['bash', '--norc']))}`;
  const hosts = lab.hosts.map(
    (host) => `${host.name}: ${host.address}, until it reboots\n  ${shell(host.enter(['bash']))}`,
  );
  return `Lab ${lab.id} is up. As root, in another terminal:

${[outside, ...hosts].join('\n')}

From outside, by the lab's keys: ssh -F ${lab.sshConfig} SERVER
and reconcile VERB -F ${lab.sshConfig} …, with a playbook that names a rathole as \`binary\`: no host has one.
A bundle comes into a client by its command above, with \`sh -c 'cat >join.sh'\` for bash.
Ctrl-C takes the lab down.`;
}

/** An empty name is kept: it is a mistake, and told as one. */
const listOf = (given: readonly string[] = []) => given.flatMap((names) => names.split(','));

/** Single quotes around all that is not plain. */
const shell = (argv: readonly string[]) =>
  argv.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

/** Whoever asks again while the lab is taken down changes nothing. */
function interrupted(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000); // a pending promise alone does not keep node running
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        clearInterval(alive);
        resolve();
      });
    }
  });
}

await main().catch((error) => {
  console.error(`${error.message}\n\`npm run lab -- --help\` tells more.`);
  process.exit(1);
});
