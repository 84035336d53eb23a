import { expect, test } from 'vitest';
import { bundle } from '../lab/bundle.ts';
import type { Control } from '../lab/control.ts';
import { run } from '../lab/run.ts';
import { Probing } from './lab.ts';
import { BadPlan, parsePlan } from './plan.ts';
import type { ProbePlan } from './report.ts';

const AT = { name: 'a', host: 'edge.test', port: 80, every: 20 };
const CONNECT = { kind: 'http', ...AT } as const;
const HOLD = { ...AT, connections: 1 };
const FLOW = { ...AT, flows: 1 };

const bad = (...mistakes: string[]) => new BadPlan(mistakes);
const connecting = (...connects: unknown[]) => ({ seconds: 1, connects });
const holding = (...holds: unknown[]) => ({ seconds: 1, holds });
const flowing = (...flows: unknown[]) => ({ seconds: 1, flows });

test('a plan of one name in each kind, with the least and the most that is allowed', () => {
  const least = { count: 1, expect: '', timeout: 0.1, port: 1, every: 1 };
  const most = { name: 'b', port: 65535, every: 86_400_000, timeout: 86_400_000 };
  const plan: ProbePlan = {
    seconds: 86_400,
    connects: [
      { ...CONNECT, ...least },
      { ...CONNECT, ...most },
    ],
    holds: [HOLD],
    flows: [FLOW, { ...FLOW, name: 'b', count: 1 }],
  };
  expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
  expect(parsePlan(JSON.stringify({ ...connecting(), flows: [FLOW] }))).toMatchObject({ flows: [FLOW] });
});

const MS = 'allowed: milliseconds, from 1 to 86400000';
const SECONDS = 'allowed: more than 0 and at most 86400';
const PATIENCE = 'allowed: milliseconds, more than 0 and at most 86400000';
const PORT = 'allowed: a whole number from 1 to 65535';
const TEXT = 'allowed: a text that is not empty';
const COUNT = 'allowed: a whole number, at least 1';
const KIND = 'allowed: http, banner, echo';
const KEYS = 'allowed: seconds, connects, holds, flows';
const CONNECT_KEYS = 'name, host, port, every, kind, count, expect, timeout';
const NOTHING = 'plan: nothing to probe; allowed: at least one of connects, holds, flows';

test.each<[unknown, ...string[]]>([
  [null, 'plan: null; allowed: an object of seconds, connects, holds, flows', NOTHING],
  [{ seconds: 1 }, NOTHING],
  [{ seconds: 1, connects: [], holds: [], flows: [] }, NOTHING],
  [{ flows: [FLOW] }, `seconds: missing; ${SECONDS}`],
  [{ ...flowing(FLOW), seconds: 0 }, `seconds: 0; ${SECONDS}`],
  [{ ...flowing(FLOW), seconds: 86_400.1 }, `seconds: 86400.1; ${SECONDS}`],
  [{ ...flowing(FLOW), seconds: '5' }, `seconds: "5"; ${SECONDS}`],
  [{ ...flowing(FLOW), connect: [] }, `connect: unknown; ${KEYS}`],
  [{ seconds: 1, connects: CONNECT.name }, 'connects: "a"; allowed: a list'],
  [connecting(CONNECT.name), `connects[0]: "a"; allowed: an object of ${CONNECT_KEYS}`],
  [connecting({ ...CONNECT, kind: 'https' }), `connects[0].kind: "https"; ${KIND}`],
  [connecting(AT), `connects[0].kind: missing; ${KIND}`],
  [connecting({ ...CONNECT, port: 65_536 }), `connects[0].port: 65536; ${PORT}`],
  [connecting({ ...CONNECT, port: 0.5 }), `connects[0].port: 0.5; ${PORT}`],
  [connecting({ ...CONNECT, port: '80' }), `connects[0].port: "80"; ${PORT}`],
  [connecting({ ...CONNECT, every: 0.9 }), `connects[0].every: 0.9; ${MS}`],
  [connecting({ ...CONNECT, every: null }), `connects[0].every: null; ${MS}`],
  [connecting({ ...CONNECT, every: 3e9 }), `connects[0].every: 3000000000; ${MS}`],
  [connecting({ ...CONNECT, timeout: 0 }), `connects[0].timeout: 0; ${PATIENCE}`],
  [connecting({ ...CONNECT, count: 0 }), `connects[0].count: 0; ${COUNT}`],
  [connecting({ ...CONNECT, expect: '(' }), 'connects[0].expect: "("; allowed: a regular expression'],
  [connecting({ ...CONNECT, flows: 1 }), `connects[0].flows: unknown; allowed: ${CONNECT_KEYS}`],
  [connecting({ ...CONNECT, host: '' }), `connects[0].host: ""; ${TEXT}`],
  [
    connecting(CONNECT, { ...CONNECT, name: 'b' }, CONNECT),
    'connects[2].name: "a"; allowed: a name other than that of connects[0]',
  ],
  [holding({ ...HOLD, connections: 0 }), `holds[0].connections: 0; ${COUNT}`],
  [holding({ ...HOLD, count: 1 }), 'holds[0].count: unknown; allowed: name, host, port, every, connections'],
  [holding(HOLD, HOLD), 'holds[1].name: "a"; allowed: a name other than that of holds[0]'],
  [flowing({ ...FLOW, flows: 1.5 }), `flows[0].flows: 1.5; ${COUNT}`],
  [flowing({ ...FLOW, name: '' }), `flows[0].name: ""; ${TEXT}`],
  [flowing(FLOW, FLOW), 'flows[1].name: "a"; allowed: a name other than that of flows[0]'],
])('%j is a bad plan', (plan, ...mistakes) => {
  expect(() => parsePlan(JSON.stringify(plan))).toThrow(bad(...mistakes));
});

test('what is no JSON, and a number that is too large for any', () => {
  expect(() => parsePlan('')).toThrow(bad('plan: Unexpected end of JSON input; allowed: JSON'));
  const endless = JSON.stringify(flowing(FLOW)).replace('"seconds":1', '"seconds":1e999');
  expect(() => parsePlan(endless)).toThrow(bad(`seconds: Infinity; ${SECONDS}`));
});

const MANY = {
  seconds: -1,
  connects: [{ ...CONNECT, expect: '[' }, { kind: 'ftp' }],
  holds: [HOLD, { ...HOLD, port: 0 }],
};
const ALL_OF_THEM = `bad plan:
  seconds: -1; ${SECONDS}
  connects[0].expect: "["; allowed: a regular expression
  connects[1].name: missing; ${TEXT}
  connects[1].host: missing; ${TEXT}
  connects[1].port: missing; ${PORT}
  connects[1].every: missing; ${MS}
  connects[1].kind: "ftp"; ${KIND}
  holds[1].port: 0; ${PORT}
  holds[1].name: "a"; allowed: a name other than that of holds[0]`;

test('the prober says every mistake at once, and that it failed', async () => {
  const prober = await bundle('test/prober/main.ts', 'prober');
  expect(await run([process.execPath, prober, JSON.stringify(MANY)])).toEqual({
    ...{ code: 2, stdout: '', stderr: `${ALL_OF_THEM}\n` },
  });
});

test('a test that would start it with a bad plan is told the same', async () => {
  const starting = Probing.start({} as Control, MANY as unknown as ProbePlan);
  await expect(starting).rejects.toThrow(new Error(ALL_OF_THEM));
});
