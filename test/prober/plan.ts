import { Ajv, type ErrorObject } from 'ajv';
import type { ConnectPlan, FlowPlan, HoldPlan, ProbePlan } from './report.ts';

/** A plan that cannot be probed; the message has a line for each of its mistakes. */
export class BadPlan extends Error {
  constructor(mistakes: readonly string[]) {
    super(`bad plan:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
  }
}

/** @throws {BadPlan} with every mistake: where it is, what is there, and what is allowed. */
export function parsePlan(text: string): ProbePlan {
  const plan = parseJson(text);
  const fits = validate(plan);
  const mistakes = [
    ...(validate.errors ?? []).map(mistakeOf),
    ...KINDS.flatMap((kind) => namedTwice(plan, kind)),
    ...nothingToProbe(plan),
  ];
  if (!fits || mistakes.length > 0) throw new BadPlan([...new Set(mistakes)]);
  return plan;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadPlan([`plan: ${(error as SyntaxError).message}; allowed: JSON`]);
  }
}

/** Its description says what it allows. */
interface Rule {
  readonly description: string;
  readonly [keyword: string]: unknown;
}
/** A key that a plan gains does not compile without its rule. */
type Rules<P> = { readonly [K in keyof P]-?: Rule };

const KINDS = ['connects', 'holds', 'flows'] as const;
const DAY = 86_400;
const DAY_MS = DAY * 1000;

const TEXT = { type: 'string', minLength: 1, description: 'a text that is not empty' };
const AT_LEAST_ONE = { type: 'integer', minimum: 1, description: 'a whole number, at least 1' };
const ENDPOINT = {
  name: TEXT,
  host: TEXT,
  port: { type: 'integer', minimum: 1, maximum: 65535, description: 'a whole number from 1 to 65535' },
  // node takes a timer of more than 24 days as one of 1 ms
  every: {
    ...{ type: 'number', minimum: 1, maximum: DAY_MS },
    description: `milliseconds, from 1 to ${DAY_MS}`,
  },
};
const CONNECT: Rules<ConnectPlan> = {
  ...ENDPOINT,
  kind: { type: 'string', enum: ['http', 'banner', 'echo'], description: 'http, banner, echo' },
  count: AT_LEAST_ONE,
  expect: { type: 'string', format: 'regex', description: 'a regular expression' },
  timeout: {
    ...{ type: 'number', exclusiveMinimum: 0, maximum: DAY_MS },
    description: `milliseconds, more than 0 and at most ${DAY_MS}`,
  },
};
const HOLD: Rules<HoldPlan> = { ...ENDPOINT, connections: AT_LEAST_ONE };
const FLOW: Rules<FlowPlan> = { ...ENDPOINT, count: AT_LEAST_ONE, flows: AT_LEAST_ONE };
const PLAN: Rules<ProbePlan> = {
  seconds: {
    ...{ type: 'number', exclusiveMinimum: 0, maximum: DAY },
    description: `more than 0 and at most ${DAY}`,
  },
  connects: listOf(CONNECT, ['count', 'expect', 'timeout']),
  holds: listOf(HOLD),
  flows: listOf(FLOW, ['count']),
};

function listOf<P>(rules: Rules<P>, optional: readonly (keyof P)[] = []): Rule {
  return { type: 'array', items: objectOf(rules, optional), description: 'a list' };
}

function objectOf<P>(rules: Rules<P>, optional: readonly (keyof P)[]): Rule {
  return {
    type: 'object',
    properties: rules,
    required: Object.keys(rules).filter((key) => !optional.includes(key as keyof P)),
    additionalProperties: false,
    description: `an object of ${Object.keys(rules).join(', ')}`,
  };
}

const ajv = new Ajv({ strict: true, allErrors: true, verbose: true, formats: { regex: isRegExp } });
const validate = ajv.compile<ProbePlan>(objectOf(PLAN, KINDS));

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function mistakeOf({ instancePath, keyword, params, data, parentSchema }: ErrorObject): string {
  const path = instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const within = (key: string) => (path === '' ? key : `${path}.${key}`);
  const { properties, description } = parentSchema as Rule & { properties: Readonly<Record<string, Rule>> };
  if (keyword === 'required') {
    const { missingProperty } = params;
    return mistake(within(missingProperty), 'missing', properties[missingProperty]?.description);
  }
  if (keyword === 'additionalProperties')
    return mistake(within(params['additionalProperty']), 'unknown', Object.keys(properties).join(', '));
  return mistake(path || 'plan', shown(data), description);
}

const mistake = (path: string, what: string, allowed = '') => `${path}: ${what}; allowed: ${allowed}`;

/** JSON has no word for what 1e999 is read as. */
const shown = (value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/** The report is by name: of two plans of one name, one would be left out. */
function namedTwice(plan: unknown, kind: string): string[] {
  const plans = valueAt(plan, kind);
  const names = Array.isArray(plans) ? plans.map((one) => valueAt(one, 'name')) : [];
  return names.flatMap((name, n) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === n) return [];
    return mistake(`${kind}[${n}].name`, shown(name), `a name other than that of ${kind}[${first}]`);
  });
}

function nothingToProbe(plan: unknown): string[] {
  const isNothing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
  if (!KINDS.every((kind) => isNothing(valueAt(plan, kind)))) return [];
  return [mistake('plan', 'nothing to probe', `at least one of ${KINDS.join(', ')}`)];
}

const valueAt = (value: unknown, key: string) => (value as Readonly<Record<string, unknown>> | null)?.[key];
