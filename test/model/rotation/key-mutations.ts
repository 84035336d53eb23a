import { KEY_RULES, ORDER_OF_KEY_OPERATIONS } from '../../../src/planner/rotation/keys.ts';
import type { KeyProtocol } from './keys.ts';
import { REAL_KEYS } from './keys.ts';

const reordered = (order: Partial<KeyProtocol['order']>): KeyProtocol => ({
  ...REAL_KEYS,
  order: { ...ORDER_OF_KEY_OPERATIONS, ...order },
});

/** One guard of the key rotation taken away, and words of the invariant that it breaks. */
export const KEY_MUTATIONS: readonly {
  readonly guard: string;
  readonly protocol: KeyProtocol;
  readonly breaks: RegExp;
}[] = [
  {
    guard: 'the old key ends only when the log shows the new one in use',
    protocol: {
      ...REAL_KEYS,
      rules: KEY_RULES.map((rule) =>
        rule.name === 'successor-used' ? { ...rule, when: { phase: 'announced' } } : rule,
      ),
    },
    breaks: /no key that nginx answers to/,
  },
  {
    guard: 'a successor is announced only when nginx answers to it, to a client that forgets its old key',
    protocol: {
      ...reordered({ announce: ['decide', 'make-key', 'sync', 'map', 'load', 'audit', 'settle'] }),
      client: 'the new one',
    },
    breaks: /no key that nginx answers to/,
  },
  {
    guard: 'the old key is forgotten only when nginx refuses it',
    protocol: reordered({ retire: ['decide', 'sync', 'map', 'audit', 'remove', 'settle', 'load'] }),
    breaks: /revoked key/,
  },
  {
    guard: 'a compromise that was cut off is completed',
    protocol: { ...REAL_KEYS, rules: KEY_RULES.filter(({ name }) => name !== 'replace-unfinished') },
    breaks: /leads to rest/,
  },
];
