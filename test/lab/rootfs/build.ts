import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCgroup, makeCgroup, removeCgroup } from '../cgroup.ts';
import { withLock } from '../lock.ts';
import { must } from '../run.ts';
import { mountsBelow } from '../sweep.ts';
import { BASE_PACKAGES, EXCLUDED_PATHS, HOOKS, recipeDigest } from './recipe.ts';

const CACHE = '/var/cache/reconcile-lab';
const BUILD_TIMEOUT = 600_000;
/** So that a builder whose starter was killed can be found, and ended. */
const CGROUP = 'reconcile-lab-image';

/** A built image: folders to put under an overlay, and the repository with what `bare` lacks. */
export interface Image {
  /** Debian without nginx. */
  readonly base: string;
  /** What installing nginx changes; an overlay layer on top of `base`. */
  readonly nginx: string;
  readonly repository: string;
}

/** Gives the image of the present recipe, building it first where this machine has none (about half a minute). */
export async function image(): Promise<Image> {
  const home = join(CACHE, recipeDigest());
  if (!existsSync(home)) {
    await withLock(join(CACHE, 'lock'), async () => {
      if (!existsSync(home)) await build(home);
    });
  }
  return partsOf(home);
}

const partsOf = (home: string): Image => ({
  base: join(home, 'base'),
  nginx: join(home, 'nginx'),
  repository: join(home, 'repository'),
});

/** Builds beside and renames: an image that is there is whole. Only one process at a time is here. */
async function build(home: string): Promise<void> {
  const draft = `${home}.draft`;
  await discard(draft); // of a build that was killed
  makeCgroup(CGROUP);
  const parts = partsOf(draft);
  mkdirSync(parts.repository, { recursive: true });
  try {
    await buildBase(parts);
    await must(['sh', '-c', 'cd "$1" && dpkg-scanpackages . 2>/dev/null >Packages', 'sh', parts.repository]);
    await buildNginxLayer(parts, draft);
    renameSync(draft, home);
  } finally {
    await discard(draft);
  }
}

async function discard(draft: string): Promise<void> {
  await removeCgroup(CGROUP);
  for (const mount of mountsBelow(draft)) await must(['umount', mount]);
  rmSync(draft, { recursive: true, force: true });
}

async function buildBase({ base }: Image): Promise<void> {
  const mmdebstrap = [
    ...['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', `--include=${BASE_PACKAGES.join(',')}`],
    ...EXCLUDED_PATHS.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...HOOKS.map((hook) => `--customize-hook=${hook}`),
    ...['bookworm', base, debianSources()],
  ];
  await must(inCgroup(CGROUP, mmdebstrap), { timeout: BUILD_TIMEOUT });
}

/** Installs nginx in an overlay, so that the layer holds only what that changes. No service may start in a chroot. */
async function buildNginxLayer({ base, nginx, repository }: Image, draft: string): Promise<void> {
  const [work, root] = [join(draft, 'work'), join(draft, 'root')];
  for (const dir of [nginx, work, root]) mkdirSync(dir);
  await must([
    'mount',
    '-t',
    'overlay',
    'draft',
    '-o',
    `lowerdir=${base},upperdir=${nginx},workdir=${work}`,
    root,
  ]);
  try {
    writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    mkdirSync(join(root, 'debs'));
    await must(['cp', ...debsIn(repository), join(root, 'debs')]);
    const install = 'DEBIAN_FRONTEND=noninteractive dpkg --install /debs/*.deb';
    await must(inCgroup(CGROUP, ['chroot', root, 'sh', '-c', install]), { timeout: BUILD_TIMEOUT });
    for (const path of ['debs', 'usr/sbin/policy-rc.d']) rmSync(join(root, path), { recursive: true });
  } finally {
    await must(['umount', root]);
  }
  for (const dir of [work, root]) rmSync(dir, { recursive: true, force: true });
}

const debsIn = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(dir, name));

/** Debian's archive, as this machine itself reaches it. */
function debianSources(): string {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];
  const found = files.find((file) => existsSync(file));
  if (found === undefined)
    throw new Error(`no Debian archive is configured here: none of ${files.join(', ')}`);
  return found;
}
