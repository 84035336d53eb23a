import { readToml } from './toml.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object';
type Keys = Readonly<Record<string, Kind>>;

const ROOT: Keys = { server: 'object', client: 'object' };
const SERVER: Keys = {
  bind_addr: 'string',
  default_token: 'string',
  heartbeat_interval: 'number',
  services: 'object',
  transport: 'object',
};
const SERVICE: Keys = { bind_addr: 'string', nodelay: 'boolean', token: 'string', type: 'string' };

/**
 * Why rathole would ignore a server.toml, and go on with what it has loaded; undefined: it takes it. Its closed list of
 * keys is checked down to the services, not what is below `transport`. Nothing of a value is told.
 */
export function whyIgnored(text: string): string | undefined {
  const reading = readToml(text);
  if ('error' in reading) return reading.error;
  const { table } = reading;
  const server = tableOf(table['server']);
  return (
    misfit('the file', table, ROOT, ['server']) ??
    misfit('[server]', server, SERVER, ['bind_addr', 'services']) ??
    serviceMisfit(tableOf(server['services']), 'default_token' in server)
  );
}

function serviceMisfit(services: Record<string, unknown>, hasDefaultToken: boolean): string | undefined {
  const required = hasDefaultToken ? ['bind_addr'] : ['bind_addr', 'token'];
  for (const [name, value] of Object.entries(services)) {
    const where = `the service ${name}`;
    if (kindOf(value) !== 'object') return `${where} is no table`;
    const service = tableOf(value);
    const wrong = misfit(where, service, SERVICE, required);
    if (wrong !== undefined) return wrong;
    if (!['tcp', 'udp', undefined].includes(service['type'] as string)) return `${where} has an unknown type`;
  }
  return undefined;
}

function misfit(
  where: string,
  table: Record<string, unknown>,
  keys: Keys,
  required: readonly string[],
): string | undefined {
  const lacking = required.find((key) => !(key in table));
  if (lacking !== undefined) return `${where} lacks ${lacking}`;
  const unknown = Object.keys(table).find((key) => !Object.hasOwn(keys, key));
  if (unknown !== undefined) return `${where} has the unknown key ${unknown}`;
  const odd = Object.entries(table).find(([key, value]) => kindOf(value) !== keys[key]);
  return odd && `${odd[0]} of ${where} has a value of another kind`;
}

const kindOf = (value: unknown) => (Array.isArray(value) ? 'list' : typeof value);

const tableOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
