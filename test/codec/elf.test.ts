import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { programArchitecture } from '../../src/codec/elf.ts';
import { elf } from './elf.ts';

test.each([
  [62, 'x86_64'],
  [183, 'aarch64'],
  [40, 'armv7l'],
  [8, undefined],
])('the number %i stands for %s', (machine, architecture) => {
  expect(programArchitecture(elf(machine))).toBe(architecture);
});

test('a program of this machine is known as what it is', () => {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l' };
  expect(programArchitecture(readFileSync(process.execPath))).toBe(names[process.arch]);
});

test('a script, and what is cut off, have none', () => {
  expect(programArchitecture(Buffer.from('#!/bin/sh\necho a program without any header\n'))).toBe(undefined);
  expect(programArchitecture(elf(62).subarray(0, 19))).toBe(undefined);
  expect(programArchitecture(new Uint8Array())).toBe(undefined);
});
