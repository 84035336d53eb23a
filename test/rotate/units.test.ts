import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AUDIT, PENDING, ROTATE } from '../../src/artifacts/paths.ts';
import { rotateScript } from '../../src/artifacts/rotate/program.ts';
import { finalizeService, finalizeTimer } from '../../src/artifacts/rotate/units.ts';

test('the timer comes only while something is in motion, and runs the program that the controller runs', () => {
  expect(finalizeService()).toContain(`ConditionPathExists=${PENDING}\n`);
  expect(finalizeService()).toContain(`ExecStart=${ROTATE} --actor timer continue\n`);
  expect(rotateScript()).toContain(`audit_log=${AUDIT}\n`);
});

test('systemd has nothing to say about the units', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-units-'));
  const service = join(folder, 'reconcile-finalize.service');
  writeFileSync(service, finalizeService().replace(ROTATE, '/bin/true'));
  writeFileSync(join(folder, 'reconcile-finalize.timer'), finalizeTimer());
  const said = execFileSync(
    'systemd-analyze',
    ['verify', '--man=no', service, service.replace(/service$/, 'timer')],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  rmSync(folder, { recursive: true });
  expect(said).toBe('');
});
