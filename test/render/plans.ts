import type { Unseen } from '../../src/execute/observe.ts';
import { ReconcileError } from '../../src/model/errors.ts';
import type { Facts } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { present } from '../../src/model/reading.ts';
import { plan } from '../../src/planner/index.ts';
import { planOrder } from '../../src/planner/rotation/order.ts';
import { bare, planBoth, setUp } from '../planner/client/machine.ts';
import { DNS, desired, OBSERVE_SCRIPT, SSH, server, service } from '../planner/desired.ts';
import { bareDebian, listener, readValue, withFile } from '../planner/facts.ts';
import { settled } from '../planner/settled.ts';

const at = (wanted: ReturnType<typeof server>, facts: ReturnType<typeof bareDebian>): Plan =>
  plan(desired(wanted), [{ host: 'vps1', facts }], OBSERVE_SCRIPT);

const web = service('web', { bind: { address: '0.0.0.0', port: 8080 } });
const ssh = { ...SSH, bind: { address: '127.0.0.1', port: 2223 } };
const squatted = [...readValue(bareDebian().listeners), listener('tcp', '0.0.0.0', 443, 'apache2', 66)];

/** A day before the end of the tokens' life, and a day after. */
const managed = server({ rotation: { ...server().rotation, maxAge: 7 * 86_400 } });
const older = (days: number) => {
  const facts = settled(managed);
  return { ...facts, clock: present(readValue(facts.clock) + days * 86_400) };
};
const facts = settled();

/** Both are staged: the client of ssh has not come in time, that of dns has time left. */
function withTwoStaged(): Facts {
  const found = settled(managed);
  const record = { phase: 'staged', current: 1, next: 2, highest: 2, stagedAt: 900, rotatedAt: 100 } as const;
  const rathole = listener('tcp', '127.78.8.174', 1019, 'rathole', 700);
  return {
    ...found,
    listeners: present([...readValue(found.listeners), rathole]),
    rotations: present({ ssh: { ...record, finalizeAt: 950 }, dns: { ...record, finalizeAt: 99_000 } }),
  };
}
const ordered = planOrder(desired(server()), [{ host: 'vps1', facts }], {
  order: 'compromised',
  services: ['ssh'],
});

const CLIENT_UNIT = '/etc/systemd/system/rathole-client@.service';
const EDITED = readValue(setUp().files)[CLIENT_UNIT]?.text?.replace('RestartSec=1', 'RestartSec=60') ?? '';

/** One rotation waits for its client, one for somebody. */
const held: Plan = plan(desired(managed), [{ host: 'vps1', facts: withTwoStaged() }], OBSERVE_SCRIPT);

export const PLANS: Readonly<Record<string, Plan>> = {
  bare: at(server(), bareDebian()),
  settled: at(server(), settled()),
  changed: at(server({ services: [DNS, ssh, web] }), settled()),
  pruned: at(server({ services: [DNS], prune: true, forbidInterruptions: ['new-connections'] }), settled()),
  upgraded: at(server({ rathole: { version: '0.5.1', sha256: 'cd'.repeat(32) } }), settled()),
  kept: at(server({ services: [DNS] }), settled()),
  expiring: at(managed, older(6)),
  due: at(managed, older(8)),
  held,
  compromised: ordered,
  'client bare': planBoth(bare),
  'client changed': planBoth(withFile(setUp(), CLIENT_UNIT, { text: EDITED, sha256: 'ed'.repeat(32) })),
  'nothing-staged': planOrder(desired(server()), [{ host: 'vps1', facts }], { order: 'cancel' }),
  refused: at(server(), { ...bareDebian(), listeners: present(squatted) }),
};

/** A plan whose every word was chosen by somebody who means harm. */
export function hostile(text: string): readonly [Plan, readonly Unseen[]] {
  const plan: Plan = {
    digest: 'ab'.repeat(32),
    hosts: [
      {
        host: 'vps1',
        tunnel: 'home',
        changes: [{ kind: 'update', target: `/etc/${text}`, cause: text, before: 'a\n', after: `${text}\n` }],
        steps: [],
        refusals: [{ rule: 'rule', message: text, remedy: text }],
        notes: [text],
        rotations: [
          {
            service: 'ssh',
            current: 1,
            next: 2,
            finalizeAt: 0,
            verdict: 'stage',
            rule: 'asked',
            reason: text,
          },
        ],
      },
    ],
  };
  return [plan, [{ host: 'vps2', error: new ReconcileError('unreachable', text, text) }]];
}
