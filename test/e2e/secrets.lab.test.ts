import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { sampleProcesses } from './sampling.ts';
import { Operator } from './tunnel.ts';
import { SERVICES } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;
/** What was printed, by what printed it. */
const printed: Record<string, string> = {};
let stopSampling: () => Promise<string>;

beforeAll(async () => {
  const edge = lab().host('edge');
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  stopSampling = sampleProcesses();
  const run = async (name: string, ...options: string[]) => {
    const { stdout, stderr } = await operator[name.startsWith('plan') ? 'plan' : 'apply'](...options);
    printed[name] = stdout + stderr;
  };
  await run('plan first', '--full');
  await run('apply first');
  // A token that somebody wrote by hand must not be told apart from ours.
  const plant = '0,/^token/s/^token.*/token = "planted-by-hand-4711"/';
  await edge.must('sed -i -f - /etc/rathole/server.toml', { stdin: plant });
  await run('plan text', '--full', '--out', 'plan.json');
  await run('plan json', '--format', 'json');
  await run('plan markdown', '--format', 'markdown');
  await run('apply');
  printed['plan file'] = readFileSync(operator.at('plan.json'), 'utf8');
  printed['argv and environment of every process'] = await stopSampling();
});
afterAll(() => operator?.[Symbol.dispose]());

/** The secrets themselves: tokens, the salt, and the bodies of private keys. */
async function secrets(): Promise<string[]> {
  const edge = lab().host('edge');
  const tokens = await edge.must(`sed -n 's/^token = "\\(.*\\)"$/\\1/p' /etc/rathole/server.toml`);
  const keys = await edge.must(
    'cat /var/lib/reconcile/salt; echo; grep -hv -e ---- /var/lib/reconcile/tls/*.key',
  );
  const all = [...tokens.split('\n'), ...keys.split('\n'), 'planted-by-hand-4711'].filter(Boolean);
  expect(all.length).toBeGreaterThan(7);
  return all;
}

test('the flow did what it should, so that there was something to leak', async () => {
  expect(printed['apply first']).toContain('done, and seen to be in effect');
  expect(printed['plan text']).toContain('{{fingerprint ');
  expect(printed['apply']).toContain('done, and seen to be in effect');
  expect(printed['argv and environment of every process']?.includes('/run/reconcile.')).toBe(true);
});

test('no secret is in what was printed, in plan files, or in any process', async () => {
  for (const secret of await secrets()) {
    const leaks = Object.entries(printed).flatMap(([name, text]) => (text.includes(secret) ? [name] : []));
    expect(leaks, `the secret that begins with ${secret.slice(0, 4)}`).toEqual([]);
  }
});

test("no secret is in the host's journal, logs or memory-backed folders", async () => {
  const edge = lab().host('edge');
  await edge.write('/root/secrets', (await secrets()).join('\n'), { mode: '0600' });
  const found = await edge.must(`journalctl --no-pager | grep -F -f /root/secrets || :
    grep -rlF -f /root/secrets /var/log /run /tmp /dev/shm /var/lib/reconcile/journal || :`);
  expect(found).toBe('');
});

test("no secret is in the controller's temporary folders", async () => {
  const known = await secrets();
  const texts = [operator.folder, '/dev/shm'].flatMap((folder) =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => [path, readFileSync(path, 'latin1')] as const),
  );
  const leaks = texts
    .filter(([, text]) => known.some((secret) => text.includes(secret)))
    .map(([path]) => path);
  expect(leaks).toEqual([]);
});
