import { writeAll } from '../bytes.ts';
import { chain } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Mailbox } from '../mailbox.ts';
import { timerMs } from '../timers.ts';
import type { Channel } from '../transport/channel.ts';
import { type ControlCommand, controlCommand } from '../wire.ts';

/**
 * Writes commands, and a heartbeat after each `heartbeatSecs` of silence, until the senders are gone, a write fails or
 * `signal` fires. It never reads: a dead client shows itself only by a failed write, and only the second one fails.
 */
export async function runControlChannel(
  { stream }: Channel,
  commands: Mailbox<ControlCommand>,
  heartbeatSecs: number,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const silence =
    heartbeatSecs > 0 ? setInterval(() => commands.push('heartbeat'), timerMs(heartbeatSecs)) : undefined;
  signal.addEventListener('abort', () => commands.refuse(), { once: true });
  try {
    for (let next = await commands.take(); next !== undefined; next = await commands.take()) {
      await writeAll(stream, controlCommand.encode(next));
      silence?.refresh();
    }
  } catch (error) {
    log.error(`Failed to write control cmds: ${chain(error)}`);
  } finally {
    clearInterval(silence);
    commands.refuse();
    stream.destroy();
  }
  log.info('Control channel shutdown');
}
