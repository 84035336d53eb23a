import { NGINX_GROUP } from '../../codec/placeholder.ts';
import { quote } from '../../codec/shell.ts';

const FILLABLE =
  /\{\{token ([a-z][a-z0-9_-]*) g(\d+)\}\}|\{\{(key|authority) ([^\s{}]+)\}\}|\{\{nginx group\}\}/g;
/** What an observation shows instead of a secret; and a placeholder that is none. */
const UNFILLABLE = /\{\{(?:fingerprint (?:[0-9a-f]+|unknown)|(?:token|key) [^{}]*)\}\}/;

/**
 * The commands that print a text, with each placeholder filled in by the host: the secret goes from a file on the
 * host to a file on the host through pipes, never through an argument or a variable.
 */
export function printed(text: string): string {
  const commands: string[] = [];
  let end = 0;
  for (const match of text.matchAll(FILLABLE)) {
    const [whole] = match;
    commands.push(...literal(text.slice(end, match.index)), commandOf(match));
    end = match.index + whole.length;
  }
  return [...commands, ...literal(text.slice(end))].join('\n');
}

function commandOf([whole, service = '', generation = '', what, server = '']: RegExpExecArray): string {
  if (whole === NGINX_GROUP) return 'nginx_group';
  return what === undefined
    ? `token ${quote(service)} ${generation}`
    : `brought ${quote(`${what} ${server}`)}`;
}

function literal(text: string): string[] {
  const [wrong] = UNFILLABLE.exec(text) ?? [];
  if (wrong !== undefined) throw new Error(`a text to be written holds ${wrong}, which no host can fill in`);
  return text === '' ? [] : [`literal ${quote(text)}`];
}
