import { readFileSync, statSync } from 'node:fs';
import type { ProgramFile } from '../../spec/sources.ts';
import { wordsOf } from '../system-error.ts';
import { hashOf } from './hash.ts';
import { MAX_PROGRAM_BYTES } from './release.ts';

/** Hashes a program on this machine. Waits for no pipe, and reads nothing that is too large for a program. */
export function lookAtProgram(path: string): ProgramFile {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { kind: 'unreadable', why: 'it is not a regular file' };
    if (stats.size > MAX_PROGRAM_BYTES) return { kind: 'unreadable', why: `it has ${stats.size} bytes` };
    return { kind: 'read', sha256: hashOf(readFileSync(path)) };
  } catch (error) {
    return { kind: 'unreadable', why: wordsOf(error) };
  }
}
