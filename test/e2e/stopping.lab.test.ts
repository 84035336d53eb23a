import { expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Operator } from './tunnel.ts';
import { leftovers } from './untouched.ts';
import { SERVICES } from './visitor.ts';

const lab = useLab({ vps: ['edge', 'far'] });

test('Ctrl-C lets the running transaction come to its end, begins nothing new, and says how each did', async () => {
  using operator = await Operator.start(lab(), ['edge', 'far']);
  operator.playbook({ services: SERVICES });
  const command = ['sh', '-c', 'cd "$0" && exec "$@"', operator.folder];
  const applying = lab().control.start([...command, ...operator.argv('apply', '--yes', '--forks', '1')]);
  await applying.line(/^edge: 5\//);
  await applying.stop('SIGINT');
  const said = applying.lines.join('\n');
  expect(said).toContain('stopping: running transactions come to their end');
  expect(said).toContain('edge: done, and seen to be in effect');
  expect(said).toContain('far: not begun');
  expect(await applying.ended).toBe(130);
  expect(await lab().host('far').exec('ls /etc/rathole')).toMatchObject({ code: 2 });
  expect(await leftovers(lab().host('edge'))).toBe('');
  expect(await operator.plan('--limit', 'edge')).toMatchObject({ code: 0 });
});

test('Ctrl-C in the transaction of a rotation waits for no rotation', async () => {
  using operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  const command = ['sh', '-c', 'cd "$0" && exec "$@"', operator.folder];
  const rotating = lab().control.start([...command, ...operator.argv('rotate', '--yes', '--wait')]);
  await rotating.line(/^edge: 1\//);
  await rotating.stop('SIGINT');
  expect(await rotating.ended).toBe(6);
  expect(rotating.lines.join('\n')).toContain('not done yet: dns, ssh, web');
  expect(await operator.run(operator.argv('cancel', '--yes'))).toMatchObject({ code: 0 });
});

test("one host's failure neither stops nor delays another", async () => {
  using operator = await Operator.start(lab(), ['edge', 'far', 'nowhere']);
  operator.playbook({
    services: { ...SERVICES, echo: { client: 'desktop', local: '127.0.0.1:7', bind: '0.0.0.0:7007' } },
  });
  const apply = await operator.apply();
  expect(apply).toMatchObject({ code: 4, stderr: expect.stringContaining('nowhere: ') });
  expect(apply.stdout).toContain('edge: done, and seen to be in effect');
  expect(apply.stdout).toContain('far: done, and seen to be in effect');
});

test('a reader that goes away early ends no apply', async () => {
  using operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES, more: ['prune: true'] });
  const command = '"$@" | head -n 1; echo $PIPESTATUS';
  const apply = await operator.run(['bash', '-c', command, 'bash', ...operator.argv('apply', '--yes')]);
  expect(apply).toMatchObject({ stderr: '', stdout: 'edge (tunnel home)\n0\n' });
  expect(await operator.plan()).toMatchObject({ code: 0 });
});
