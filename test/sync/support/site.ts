import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Authority, makeAuthority } from './certificates.ts';
import { type Hostile, startHostile } from './hostile.ts';

/** For one test file: a server that answers as each test wants, and the authority behind its certificate. */
export function useSite(): { readonly authority: Authority; readonly server: Hostile } {
  const site = {} as { authority: Authority; server: Hostile };
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-ca-'));
  beforeAll(async () => {
    site.authority = makeAuthority(folder);
    site.server = await startHostile(site.authority.good);
  });
  afterAll(async () => {
    await site.server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return site;
}
