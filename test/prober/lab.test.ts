import { expect, test } from 'vitest';
import { targetsUnit } from './lab.ts';

test('the targets begin with the host, and come back', () => {
  expect(targetsUnit({ id: 'desktop-of_l.1', tcp: 7000 })).toBe(`[Service]
ExecStart=/usr/local/bin/node /usr/local/lib/lab/targets.mjs '{"id":"desktop-of_l.1","tcp":7000}'
Restart=always
[Install]
WantedBy=multi-user.target
`);
});

test.each(["Ann's", '%h', 'a b', ''])('the id %j would not come through a unit', (id) => {
  const message = `targets: the id "${id}"; allowed: letters, digits, ".", "_" and "-"`;
  expect(() => targetsUnit({ id })).toThrow(new Error(message));
});
