import type { Lab } from '../lab/lab.ts';

/** One request by hand. `more` are lines of curl's own configuration. */
export interface Ask {
  readonly url: string;
  /** Each becomes an X-Api-Key header; an empty one an empty header. */
  readonly keys?: readonly string[];
  readonly more?: readonly string[];
}

const END = '<<end of answer>>';

/** Asks all of it from outside in one run of curl, whose argv holds no key. Gives status line, headers without Date, and body. */
export async function askAll(lab: Lab, ca: string, asks: readonly Ask[]): Promise<readonly string[]> {
  const stdin = asks.map((ask) => lines(ask, ca)).join('next\n');
  const { stdout } = await lab.control.exec(['curl', '-q', '--config', '-'], { stdin });
  const answers = stdout.split(END).slice(0, -1);
  if (answers.length !== asks.length) throw new Error(`${asks.length} asked, ${answers.length} answered`);
  return answers.map((answer) => answer.replace(/^Date: .*\r\n/m, ''));
}

function lines({ url, keys = [], more = [] }: Ask, ca: string): string {
  const headers = keys.map((key) => (key === '' ? 'X-Api-Key;' : `X-Api-Key: ${key}`));
  return [
    ...['silent', 'include', 'globoff', 'path-as-is', 'http1.1', 'max-time = 5'],
    `cacert = ${quoted(ca)}`,
    `url = ${quoted(url)}`,
    ...headers.map((header) => `header = ${quoted(header)}`),
    `write-out = ${quoted(END)}`,
    ...more,
    '',
  ].join('\n');
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
