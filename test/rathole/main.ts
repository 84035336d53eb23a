#!/usr/bin/env node
import { parseCommandLine } from './cli.ts';
import { reasons } from './failure.ts';
import { supervise } from './supervisor.ts';

const command = parseCommandLine(process.argv.slice(2));
if (command.kind === 'print') {
  process.stdout.write(command.text);
} else if (command.kind === 'usage') {
  process.stderr.write(`error: ${command.why}\n\nUSAGE:\n    rathole [OPTIONS] <CONFIG>\n`);
  process.exitCode = 2;
} else {
  process.on('SIGINT', () => process.exit(0));
  // Node would open a debugger; without a listener the signal ends the process.
  process.once('SIGUSR1', () => process.kill(process.pid, 'SIGUSR1'));
  supervise(command.path, command.role).catch((error: unknown) => {
    const [first, ...rest] = reasons(error);
    const causes = rest.map((cause, index) => `    ${index}: ${cause}\n`).join('');
    process.stderr.write(`Error: ${first}\n${rest.length > 0 ? `\nCaused by:\n${causes}` : ''}`);
    process.exit(1);
  });
}
