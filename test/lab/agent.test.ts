import { afterEach, expect, test, vi } from 'vitest';
import { Agent } from './agent.ts';

afterEach(() => vi.useRealTimers());

/** Complains, answers the first command, and no other. */
const SCRIPT = `echo complaint >&2; read -r command; sleep 0.2
  echo '{"id":1,"code":0,"stdout":"","stderr":""}'; exec sleep 2`;

test('what an agent said before a command is no cause of that command’s failure', async () => {
  const agent = new Agent(['sh', '-c', SCRIPT]);
  await agent.run(['true'], 1000);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const failure = expect(agent.run(['sleep', '9'], 1000)).rejects.toThrow(
    /^no end after 1000 ms: sleep 9\n$/,
  );
  await vi.advanceTimersByTimeAsync(4000);
  await failure;
});
