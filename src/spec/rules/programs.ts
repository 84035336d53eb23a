import { type Spot, show } from '../findings.ts';
import { besideFile } from '../playbook/path.ts';
import type { ProgramFile } from '../sources.ts';
import type { Rule, RuleInput } from './rule.ts';

export const programUnreadable: Rule = {
  id: 'program-unreadable',
  why: 'A program that is named by its path must be there; otherwise an apply would end at its first step.',
  check: (input, complain) => {
    for (const { path, file, spot } of programsIn(input)) {
      if (file.kind !== 'unreadable') continue;
      const remedy = `put the program at ${path}, or leave out binary to have the release downloaded`;
      complain(spot, { message: 'the program cannot be read', found: file.why, remedy });
    }
  },
};

export const programHash: Rule = {
  id: 'program-hash',
  why: 'Only a program that is pinned is ever installed.',
  check: (input, complain) => {
    for (const { file, pinned, spot } of programsIn(input)) {
      if (file.kind === 'unreadable' || pinned.some((hash) => hash === file.sha256)) continue;
      const remedy = 'use the program that was pinned; pin another only when you know where it comes from';
      complain(spot, {
        message: `this is not ${pinned.length > 1 ? 'one of the pinned programs' : 'the pinned program'}: its SHA-256 differs`,
        found: show(file.sha256),
        remedy,
      });
    }
  },
};

interface Program {
  readonly path: string;
  readonly file: ProgramFile;
  readonly pinned: readonly string[];
  readonly spot: Spot;
}

/** The programs that tunnels name by a path. */
function programsIn({ tunnels, lookAtProgram }: RuleInput): readonly Program[] {
  return tunnels.flatMap(({ right, playbook, at }) => {
    const { binary, sha256 } = right.rathole ?? {};
    if (binary === undefined) return [];
    const path = besideFile(playbook.path, binary);
    const pinned = typeof sha256 === 'object' ? Object.values(sha256) : [sha256];
    return {
      path,
      file: lookAtProgram(path),
      pinned: pinned.filter((hash) => hash !== undefined),
      spot: at('rathole', 'binary'),
    };
  });
}
