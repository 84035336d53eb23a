import { describe, expect, test } from 'vitest';
import { apply } from '../../src/execute/apply.ts';
import type { RunEvent } from '../../src/execute/events.ts';
import type { Host } from '../../src/execute/ports.ts';
import type { HostPlan } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/step.ts';
import { writeFile } from './steps.ts';
import { approved, GOOD, hostPlan, STEPS, world } from './world.ts';

describe('a client', () => {
  const KEY = '0123456789abcdef0123456789abcdef';
  const PEM = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';
  const takesKey: Step = writeFile('/etc/rathole/home-edge/key', 'header = X-Api-Key:{{key home-edge}}\n');
  const takesAuthority: Step = writeFile('/etc/rathole/home-edge/ca.pem', '{{authority home-edge}}');
  const clientPlan = (steps: readonly Step[], servers = ['edge']): HostPlan => ({
    ...{ host: 'desktop', joins: servers.map((host) => ({ name: `home-${host}`, host })) },
    ...{ changes: [], steps, refusals: [], notes: [], rotations: [] },
  });
  const asked = (events: readonly RunEvent[]) =>
    events.flatMap((event) => (event.kind === 'host-begun' || event.kind === 'host-ended' ? [event] : []));

  /** Servers whose transactions end as told, and then give what they have for a client. */
  function servers(ends: Readonly<Record<string, string>>, given = `${KEY}\n${PEM}`) {
    const { ports, events, sent } = world({ desktop: { output: GOOD } });
    const secrets: unknown[] = [];
    const connect = async (name: string): Promise<Host> => {
      const host = await ports.connect(name);
      return {
        ...host,
        exec: async (command, input, options) => {
          if (command.startsWith('sh -s -- ')) return { code: 0, stdout: given, stderr: '' };
          secrets.push(...[...(options.secrets ?? [])].map(([word, secret]) => [word, secret.reveal()]));
          if (name === 'desktop') return host.exec(command, input, options);
          options.onOutput?.(ends[name] ?? GOOD);
          return { code: 0, stdout: '', stderr: '' };
        },
      };
    };
    return { ports: { ...ports, connect }, events, sent, secrets };
  }

  test('takes its turn once its servers are done', async () => {
    const { ports, events } = servers({});
    const outcomes = await apply(approved(hostPlan('edge'), clientPlan(STEPS)), ports);
    expect(outcomes.map(({ status }) => status)).toEqual(['changed', 'changed']);
    expect(
      asked(events).map((event) => `${event.kind} ${'host' in event ? event.host : event.outcome.host}`),
    ).toEqual(['host-begun edge', 'host-ended edge', 'host-begun desktop', 'host-ended desktop']);
  });

  test('is left alone where one of them failed, and says so; another goes on', async () => {
    const { ports, sent } = servers({ edge: 'started 1\nfailed 1\nwhy no room\nend backed-out\n' });
    const attic = { ...clientPlan(STEPS, ['spare']), host: 'attic' };
    const plans = [hostPlan('edge'), hostPlan('spare'), clientPlan(STEPS, ['edge', 'spare']), attic];
    const outcomes = await apply(approved(...plans), ports);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'changed', 'held', 'changed']);
    expect(outcomes[2]?.reasons).toEqual(['left alone: it joins edge, which did not succeed']);
    expect(sent).not.toHaveProperty('desktop');
  });

  test('is not begun, as its server, when the run is stopped', async () => {
    const { ports } = servers({});
    const stopped = { ...ports, stop: AbortSignal.abort() };
    const outcomes = await apply(approved(hostPlan('edge'), clientPlan(STEPS)), stopped);
    expect(outcomes.map(({ status }) => status)).toEqual(['stopped', 'stopped']);
  });

  test('with nothing to do is unchanged, whatever became of its servers', async () => {
    const { ports } = servers({ edge: 'started 1\nfailed 1\nend backed-out\n' });
    const outcomes = await apply(approved(hostPlan('edge'), clientPlan([])), ports);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'unchanged']);
  });

  test('is sent its key apart from the script, and the authority in it', async () => {
    const { ports, sent, secrets } = servers({});
    await apply(approved(clientPlan([takesKey, takesAuthority])), ports);
    expect(secrets).toEqual([['{{key home-edge}}', KEY]]);
    expect(sent['desktop']).toContain("'key home-edge') printf %s '{{key home-edge}}' ;;");
    expect(sent['desktop']).toContain('-----BEGIN CERTIFICATE-----');
    expect(sent['desktop']).not.toContain(KEY);
  });

  test('that takes nothing from its server asks for nothing', async () => {
    const { ports, secrets } = servers({}, 'nonsense');
    const outcomes = await apply(approved(clientPlan(STEPS)), ports);
    expect(outcomes).toMatchObject([{ status: 'changed' }]);
    expect(secrets).toEqual([]);
  });

  test('whose server has no key or no authority fails by itself', async () => {
    const without = servers({}, `${KEY}\n`);
    expect(await apply(approved(clientPlan([takesAuthority])), without.ports)).toMatchObject([
      { status: 'failed', reasons: ['edge has no authority of its own'] },
    ]);
    const none = servers({}, '');
    expect(await apply(approved(clientPlan([takesKey])), none.ports)).toMatchObject([{ status: 'failed' }]);
    expect(none.sent).toEqual({});
  });
});
