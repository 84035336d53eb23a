import { Lab } from './lab.ts';

const USAGE = `Usage: npm run lab -- [--vps a,b] [--bare c] [--clients d,e]

Boots a lab to look around in, and takes it down on Ctrl-C. Needs root; test/lab/README.md tells more.

  --vps NAMES      servers with nginx (default, without any option: edge)
  --bare NAMES     servers that can install nginx, and lack it
  --clients NAMES  clients behind NAT (default, without any option: desktop,attic)`;

/** See USAGE. */
async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const stopped = interrupted(); // from here on: a lab half booted is taken down, too
  const wanted = { vps: listOf('--vps'), bare: listOf('--bare'), clients: listOf('--clients') };
  const any = Object.values(wanted).some((names) => names.length > 0);
  const lab = await Lab.boot(any ? wanted : { vps: ['edge'], clients: ['desktop', 'attic'] });
  console.log(`Lab ${lab.id} is up. As root, in another terminal:\n`);
  console.log(`outside  ${shell(lab.control.enter(['bash', '--norc']))}`);
  for (const host of lab.hosts) console.log(`${host.name}  ${host.address}  ${shell(host.enter(['bash']))}`);
  console.log(
    `\nFrom outside: ssh -F ${lab.sshConfig} HOST, and reconcile VERB -F ${lab.sshConfig} …\nCtrl-C takes it down.`,
  );
  await stopped;
  await lab[Symbol.asyncDispose]();
}

function listOf(option: string): string[] {
  const at = process.argv.indexOf(option);
  return at < 0 ? [] : (process.argv[at + 1] ?? '').split(',').filter(Boolean);
}

/** Single quotes around all that is not plain. */
const shell = (argv: readonly string[]) =>
  argv.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

function interrupted(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000); // a pending promise alone does not keep node running
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        clearInterval(alive);
        resolve();
      });
    }
  });
}

await main();
