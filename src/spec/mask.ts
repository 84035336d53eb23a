/** Keys whose values are secrets, wherever a person may have written them. */
const SECRET_KEY = /pass(?!word_file)|secret|token|api_?key|vault/i;

/** A key like the above and what follows it on the line; key files are no secrets. */
const SECRET_PAIR =
  /([\w-]{0,60}(?:pass(?!word_file)|secret|token|api_?key|vault)[\w-]{0,60}["']?\s{0,9}[:=]\s{0,9})[^\s{[].*/gi;

/** Whether the value of a key must not be shown. */
export const isSecretKey = (key: string): boolean => SECRET_KEY.test(key);

/** Replaces what follows a secret's key, up to the end of the line. */
export const maskSecrets = (line: string): string => line.replace(SECRET_PAIR, '$1[secret]');
