import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const PAGE = join(import.meta.dirname, '../../docs/commands.md');

const INTRODUCTION = `# Commands

Each verb's own \`--help\`. [Exit statuses](exit-statuses.md) says what each status means.
`;

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 }).outputHelp();
  return text;
}

test('the page of commands is what the program says itself', async () => {
  const verbs = createProgram(async () => {}).commands;
  const parts = verbs.map((verb) => `## ${verb.name()}\n\n\`\`\`text\n${helpOf(verb).trim()}\n\`\`\`\n`);
  await expect([INTRODUCTION, ...parts].join('\n')).toMatchFileSnapshot(PAGE);
});
