import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Operator } from './tunnel.ts';
import { leftovers, stateOf } from './untouched.ts';
import { desktopIsThere, SERVICES, serveDesktop, visitAll } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;
let before: string;

/** One more service: something to do for every apply of these tests. */
const MORE = { ...SERVICES, echo: { client: 'desktop', local: '127.0.0.1:7', bind: '0.0.0.0:7007' } };
const TOML = '/etc/rathole/server.toml';
const SQUATTER = 'systemd-run --quiet --unit=squatter node -e';

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await serveDesktop(lab());
});
afterAll(() => operator?.[Symbol.dispose]());

beforeEach(async () => {
  operator.playbook({ services: MORE });
});

/** After each fault: what is mended by hand is mended, and the next apply sees that it has converged. */
afterEach(async () => {
  expect(await leftovers(lab().host('edge'))).toBe('');
  operator.playbook({ services: SERVICES, more: ['prune: true'] });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await desktopIsThere(lab().host('edge'));
  await visitAll(lab());
});

interface Fault {
  readonly name: string;
  readonly cause: string;
  readonly rule: string;
  readonly mend: string;
  /** Whether visitors are served while the fault is there. */
  readonly serves: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a foreign file that makes nginx invalid',
    cause: 'echo "no_such_directive on;" >/etc/nginx/conf.d/foreign.conf',
    rule: 'nginx-invalid',
    mend: 'rm /etc/nginx/conf.d/foreign.conf',
    serves: true,
  },
  {
    name: 'a public address in use',
    cause: `${SQUATTER} 'require("net").createServer().listen(7007, "0.0.0.0")'; while ! ss -Hltn | grep -q :7007; do :; done`,
    rule: 'port-taken',
    mend: 'systemctl stop squatter',
    serves: true,
  },
  {
    name: "rathole's own port taken while it was down",
    cause: `systemctl stop rathole-server; ${SQUATTER} 'require("net").createServer().listen(2333, "127.0.0.1")'
      while ! ss -Hltn | grep -q :2333; do :; done`,
    rule: 'port-taken',
    mend: 'systemctl stop squatter',
    serves: false,
  },
  {
    name: 'a server.toml that is no TOML',
    cause: `cp -p ${TOML} /root/toml; echo '[[[ half' >>${TOML}`,
    rule: 'server-toml',
    mend: `cp -p /root/toml ${TOML}`,
    serves: true,
  },
  {
    name: 'a server.toml that somebody else wrote',
    cause: `cp -p ${TOML} /root/toml; sed -i 1d ${TOML}`,
    rule: 'foreign',
    mend: `cp -p /root/toml ${TOML}`,
    serves: true,
  },
  {
    name: 'a server.toml that cannot be read, not even by root',
    cause: `mount --bind /proc/1/mem ${TOML}; ! cat ${TOML} 2>/dev/null`,
    rule: 'unreadable',
    mend: `umount ${TOML}`,
    serves: true,
  },
  {
    name: 'a folder in the place of server.toml',
    cause: `mv ${TOML} /root/toml; mkdir ${TOML}`,
    rule: 'not-a-file',
    mend: `rmdir ${TOML}; mv /root/toml ${TOML}`,
    serves: true,
  },
  {
    name: 'no capacity for one more service',
    cause:
      "cp /etc/nginx/nginx.conf /root/conf; sed -i 's/worker_connections 768/worker_connections 70/' /etc/nginx/nginx.conf",
    rule: 'capacity',
    mend: 'cp /root/conf /etc/nginx/nginx.conf',
    serves: true,
  },
];

test.each(FAULTS)('$name: the plan and the apply are refused, and nothing is touched', async (fault) => {
  const edge = lab().host('edge');
  await edge.must(fault.cause);
  try {
    before = await stateOf(edge);
    const plan = await operator.plan('--format', 'json');
    expect(plan).toMatchObject({ code: 5, stderr: '' });
    const { refusals } = JSON.parse(plan.stdout).hosts[0];
    expect(refusals.map(({ rule }: { rule: string }) => rule).join()).toContain(fault.rule);
    const apply = await operator.apply();
    expect(apply.code).toBe(5);
    for (const line of refusals[0].message.split('\n')) expect(apply.stdout).toContain(line);
    expect(apply.stderr).toContain(`[${refusals[0].rule}]`);
    expect(apply.stderr).not.toContain(refusals[0].message);
    expect(await stateOf(edge)).toBe(before);
    if (fault.serves) await visitAll(lab());
  } finally {
    await edge.must(fault.mend);
  }
});

test('a full disk: refused, and nothing is touched', async () => {
  const edge = lab().host('edge');
  await edge.disk.fill();
  try {
    before = await stateOf(edge);
    expect(await operator.apply()).toMatchObject({ code: 5, stderr: expect.stringContaining('[disk-full]') });
    expect(await stateOf(edge)).toBe(before);
    await visitAll(lab());
  } finally {
    await edge.disk.free();
  }
});

test('a stale --expect: refused, and nothing is touched', async () => {
  const edge = lab().host('edge');
  const digest = digestIn((await operator.plan()).stdout);
  operator.playbook({
    services: {
      ...MORE,
      web: { ...SERVICES['web'], client: 'desktop', local: '127.0.0.1:8001', bind: '0.0.0.0:8080' },
    },
  });
  before = await stateOf(edge);
  const stale = await operator.apply('--expect', digest);
  expect(stale).toMatchObject({ code: 5, stderr: expect.stringContaining(`expected was ${digest}`) });
  expect(await stateOf(edge)).toBe(before);
  operator.playbook({ services: MORE });
  expect(await operator.apply('--expect', digest)).toMatchObject({ code: 0, stderr: '' });
});

test('a plan file applies that plan and no other', async () => {
  const edge = lab().host('edge');
  expect(await operator.plan('--out', 'plan.json')).toMatchObject({ code: 2 });
  const applyFile = () =>
    operator.run([...operator.argv('apply').slice(0, 3), 'plan.json', '-F', lab().sshConfig]);
  await edge.must('chmod 0644 /var/lib/reconcile/salt');
  before = await stateOf(edge);
  expect(await applyFile()).toMatchObject({ code: 5 });
  expect(await stateOf(edge)).toBe(before);
  await edge.must('chmod 0600 /var/lib/reconcile/salt');
  expect(await applyFile()).toMatchObject({ code: 0, stderr: '' });
});

test('sudo refused: unreachable, and nothing is touched', async () => {
  const edge = lab().host('edge');
  const vars = ['  vars:', '    ansible_user: visitor', '    ansible_become: true'];
  using stranger = await Operator.start(lab(), ['edge'], vars);
  stranger.playbook({ services: MORE });
  before = await stateOf(edge);
  const apply = await stranger.apply();
  expect(apply).toMatchObject({ code: 4, stderr: expect.stringContaining('cannot become root') });
  expect(await stateOf(edge)).toBe(before);
});

test('without a terminal and without a word of agreement nothing is done', async () => {
  const edge = lab().host('edge');
  before = await stateOf(edge);
  const apply = await operator.run(operator.argv('apply'));
  expect(apply).toMatchObject({ code: 1, stderr: expect.stringContaining('no terminal to ask') });
  expect(await stateOf(edge)).toBe(before);
});

const digestIn = (text: string) => /^Digest: ([0-9a-f]{64})$/m.exec(text)?.[1] ?? '';
