import type { Ask } from './ask.ts';

export const TOML = '/api/v1/client.toml';
const WRONG = 'f'.repeat(32);

export const at = (path: string, ...keys: readonly string[]): Ask => ({
  url: `https://edge.test${path}`,
  keys,
});
const by = (method: string, path: string, ...keys: readonly string[]): Ask => ({
  ...at(path, ...keys),
  more: [`request = ${method}`],
});
const having = (line: string, ask: Ask): Ask => ({ ...ask, more: [line] });

/** From the folder that a key is given, up and into that of the client attic. */
const TRICKS = [
  '/api/v1/../pull/attic/client.toml',
  '/api/v1/../attic/client.toml',
  '/api/v1/%2e%2e/attic/client.toml',
  '/api/v1/..%2fattic%2fclient.toml',
  '/api/v1/%252e%252e/attic/client.toml',
  '/api/v1/%2e%2e%5cattic%5cclient.toml',
  '/api/v1\\..\\attic\\client.toml',
  '/api/v1/..;/attic/client.toml',
  '/api/v1//../attic/client.toml',
  `${TOML}/../../attic/client.toml`,
  `${TOML}%2f..%2f..%2fattic%2fclient.toml`,
  `${TOML}/`,
  `${TOML}%20`,
  `${TOML}%2500`,
  '/api/v1/attic/client.toml',
  '/attic/client.toml',
  '/API/V1/client.toml',
  '/api/v1/',
  '/api/v1/keys.conf',
  '//etc/nginx/reconcile/keys.conf',
  '/?file=/api/v1/client.toml',
] as const;

/** What must not be told from a request for any page. */
export const likeAnyPage = (mine: string, others: string): readonly Ask[] => [
  at(TOML),
  at('/api/v1/sync.conf'),
  at('/api/v1/config'),
  at(TOML, WRONG),
  at('/api/v1/sync.conf', WRONG),
  at(TOML, ''),
  at(TOML, mine.slice(1)),
  at(TOML, `${mine}0`),
  at(TOML, mine.repeat(100)),
  at(TOML, `${mine}, ${others}`),
  at(TOML, 'attic.k1'),
  at(TOML, WRONG, mine),
  at(TOML, '', mine),
  ...TRICKS.map((path) => at(path, mine)),
  ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'].map((method) => by(method, TOML, mine)),
  having('data = "x"', at(TOML, mine)),
  having('header = "Upgrade: websocket"', at(TOML)),
  having(`header = "X_Api_Key: ${mine}"`, at(TOML)),
];

const LONG = 'a'.repeat(40_000);

/** A request with a key, and one without it which must be answered in the same way. */
export const alike = (mine: string): readonly (readonly [Ask, Ask])[] => [
  [at(TOML, mine + LONG), having(`header = "X-Other: ${LONG}"`, at('/some/page'))],
  [at(`${TOML}%00`, mine), at('/some/page%00')],
  [at('/../../etc/passwd', mine), at('/../../some/page')],
  [by('TRACE', TOML, mine), by('TRACE', '/some/page')],
  [by('get', TOML, mine), by('get', '/some/page')],
  [having('head', at(TOML, WRONG)), having('head', at('/some/page'))],
  [having('http1.0', at(TOML, WRONG)), having('http1.0', at('/some/page'))],
  [{ url: `http://edge.test${TOML}`, keys: [mine] }, { url: `http://edge.test${TOML}` }],
];

/** All of these are this key's own client.toml. */
export const ownAtMost = (mine: string, others: string): readonly Ask[] => [
  at(TOML, mine, others),
  at(TOML, mine.toUpperCase()),
  at(`${TOML}?client=attic`, mine),
  at('//api//v1/client.toml', mine),
  at('/attic/../api/v1/client.toml', mine),
  at('/api/v1/%63lient.toml', mine),
];
