import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Operator } from './tunnel.ts';
import { leftovers, stateOf } from './untouched.ts';
import { SERVICES, serveDesktop, visitAll } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await serveDesktop(lab());
});
afterAll(() => operator?.[Symbol.dispose]());

interface Drift {
  readonly name: string;
  /** What somebody does on the host. */
  readonly damage: string;
  /** What the plan says about it: the target, and the cause. */
  readonly target: string;
  readonly cause: RegExp;
  /** What may be different after the mend: paths, or parts of what systemd and nginx say. */
  readonly moves: readonly RegExp[];
}

const WORKERS = /^\d+$/;
const CONF = '/etc/nginx/conf.d/reconcile.conf';
const UNIT = '/etc/systemd/system/rathole-server.service';

const DRIFTS: readonly Drift[] = [
  {
    name: 'an edited server.toml',
    damage: "sed -i 's/1019/1020/' /etc/rathole/server.toml",
    target: '/etc/rathole/server.toml',
    cause: /edited: not what its fragments say/,
    moves: [/^\/etc\/rathole(\/server\.toml|\/backups.*)? /],
  },
  {
    name: 'an edited nginx snippet',
    damage: `sed -i 's/healthy/poorly/' ${CONF} && systemctl reload nginx`,
    target: CONF,
    cause: /the text differs/,
    moves: [/^\/etc\/nginx\/conf\.d/, /^\/etc\/rathole\/backups/, WORKERS],
  },
  {
    name: 'a mode',
    damage: 'chmod 0644 /etc/rathole/server.toml',
    target: '/etc/rathole/server.toml',
    cause: /the mode is 0644, not 0640/,
    moves: [/^\/etc\/rathole\/server\.toml /],
  },
  {
    name: 'an owner',
    damage: 'chown nobody /var/lib/reconcile/salt',
    target: '/var/lib/reconcile/salt',
    cause: /the owner is nobody, not root/,
    moves: [/^\/var\/lib\/reconcile\/salt /],
  },
  {
    name: 'a stopped rathole-server',
    damage: 'systemctl stop rathole-server',
    target: 'unit rathole-server.service',
    cause: /it is inactive/,
    moves: [/^(MainPID|InvocationID|ActiveEnterTimestampMonotonic)=/],
  },
  {
    name: 'a stopped nginx',
    damage: 'systemctl stop nginx',
    target: 'unit nginx.service',
    cause: /it is (inactive|failed)/,
    moves: [/^(MainPID|InvocationID|ActiveEnterTimestampMonotonic)=/, WORKERS],
  },
  {
    name: 'a disabled rathole-server',
    damage: 'systemctl disable -q rathole-server',
    target: 'unit rathole-server.service',
    cause: /it is disabled/,
    moves: [/^\/etc\/systemd\/system\/multi-user\.target\.wants/],
  },
  {
    name: 'a disabled nginx',
    damage: 'systemctl disable -q nginx',
    target: 'unit nginx.service',
    cause: /it is disabled/,
    moves: [/^\/etc\/systemd\/system\/multi-user\.target\.wants/, /^\/etc\/rc\d\.d/],
  },
  {
    name: 'an nginx file that is right on disk but not loaded',
    damage: `cp -p ${CONF} /root/right; sed -i 's/healthy/poorly/' ${CONF}; systemctl reload nginx; sleep 1
      cat /root/right >${CONF}`,
    target: 'nginx',
    cause: /on disk but not loaded: .*reconcile\.conf is newer than nginx's workers/,
    moves: [WORKERS],
  },
  {
    name: 'a unit that is right on disk but not loaded',
    damage: `cp ${UNIT} /root/unit; sed -i 's/^RestartSec=1$/RestartSec=2/' ${UNIT}; systemctl daemon-reload; sleep 1
      cat /root/unit >${UNIT}; systemctl show -p NeedDaemonReload --value rathole-server | grep -q yes`,
    target: 'unit rathole-server.service',
    cause: /on disk but not loaded: systemd knows an older file/,
    // Nobody can tell what the running one was started with, so it is started again.
    moves: [/^(MainPID|InvocationID|ActiveEnterTimestampMonotonic)=/],
  },
  {
    name: 'a sysctl that is right on disk but not in force',
    damage: 'echo 9 >/proc/sys/net/ipv4/tcp_retries2',
    target: 'sysctl net.ipv4.tcp_retries2',
    cause: /on disk but not loaded/,
    moves: [],
  },
  {
    name: 'a lost fragment of a client',
    damage: 'rm /var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml',
    target: '/var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml',
    cause: /^/,
    // What it is published from is looked at anew: same texts and times, but their owners are set again.
    moves: [/^\/var\/lib\/reconcile\/(fragments\/client|pull)\/desktop/],
  },
];

/** The lines of one state that the other lacks. */
const moved = (before: string, after: string) => {
  const known = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !known.has(line));
};

test.each(DRIFTS)(
  '$name shows in the plan, is mended, and nothing else moves',
  async ({ damage, target, cause, moves }) => {
    const edge = lab().host('edge');
    await edge.must(damage);
    const plan = await operator.plan('--format', 'json');
    expect(plan).toMatchObject({ code: 2, stderr: '' });
    const { hosts } = JSON.parse(plan.stdout);
    const shown = hosts[0].changes.find((change: { target: string }) => change.target === target);
    expect(shown?.cause, plan.stdout).toMatch(cause);

    const damaged = await stateOf(edge);
    expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
    const after = await stateOf(edge);
    const own = /^\/var\/lib\/reconcile(\/journal)? /;
    expect(
      moved(damaged, after).filter((line) => ![own, ...moves].some((allowed) => allowed.test(line))),
    ).toEqual([]);
    const again = await operator.plan();
    expect(again, again.stdout).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(edge)).toBe('');
  },
);

test('after all that the tunnel serves as before, with the tokens that the client has', async () => {
  await visitAll(lab());
});
