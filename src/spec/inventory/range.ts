/** Hosts that one pattern may stand for. */
const MAX_HOSTS = 10_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The names that a host pattern stands for, or what is wrong with it. */
export type Expansion = { readonly names: readonly string[] } | { readonly wrong: string };

/** `vps[01:03]` is vps01, vps02, vps03; `rack[a:c]`; `vps[1:9:2]` in steps of two; several ranges multiply. */
export function expandHostPattern(pattern: string): Expansion {
  const open = pattern.indexOf('[');
  const close = pattern.indexOf(']', open);
  if (open < 0) {
    return /[\]:]/.test(pattern)
      ? { wrong: 'a host name holds no ":" or "]"; a port is written as ansible_port' }
      : { names: [pattern] };
  }
  if (close < 0) return { wrong: 'the range is not closed' };
  const range = expandRange(pattern.slice(open + 1, close));
  const tail = expandHostPattern(pattern.slice(close + 1));
  if ('wrong' in range) return range;
  if ('wrong' in tail) return tail;
  if (range.names.length * tail.names.length > MAX_HOSTS)
    return { wrong: `it stands for over ${MAX_HOSTS} hosts` };
  const head = pattern.slice(0, open);
  return { names: range.names.flatMap((name) => tail.names.map((rest) => head + name + rest)) };
}

function expandRange(text: string): Expansion {
  const bounds = text.split(':');
  const [begin = '', end = '', step = '1'] = bounds;
  if (bounds.length < 2 || bounds.length > 3) return { wrong: 'a range is [begin:end] or [begin:end:step]' };
  if (end === '') return { wrong: 'the range has no end' };
  if (!/^[1-9]\d{0,8}$/.test(step)) return { wrong: 'the step must be a positive whole number' };
  return isLetter(begin) && isLetter(end)
    ? letters(begin, end, Number(step))
    : numbers(begin === '' ? '0' : begin, end, Number(step));
}

function letters(begin: string, end: string, step: number): Expansion {
  const [first, last] = [LETTERS.indexOf(begin), LETTERS.indexOf(end)];
  if (first > last) return { wrong: 'the range ends before it begins' };
  return { names: [...LETTERS.slice(first, last + 1)].filter((_, index) => index % step === 0) };
}

/** Leading zeros set the width of all names. */
function numbers(begin: string, end: string, step: number): Expansion {
  if (!/^\d{1,9}$/.test(begin) || !/^\d{1,9}$/.test(end)) {
    return { wrong: 'a range goes from number to number or from letter to letter' };
  }
  const padded = begin.length > 1 && begin.startsWith('0');
  if (padded && begin.length !== end.length)
    return { wrong: 'both ends of a range with leading zeros need one width' };
  const count = Math.floor((Number(end) - Number(begin)) / step) + 1;
  if (count < 1) return { wrong: 'the range ends before it begins' };
  if (count > MAX_HOSTS) return { wrong: `it stands for over ${MAX_HOSTS} hosts` };
  const width = padded ? begin.length : 0;
  return {
    names: Array.from({ length: count }, (_, index) =>
      String(Number(begin) + index * step).padStart(width, '0'),
    ),
  };
}

const isLetter = (text: string): boolean => text.length === 1 && LETTERS.includes(text);
