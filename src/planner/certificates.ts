import { TLS } from '../artifacts/paths.ts';
import type { DesiredServer } from '../model/desired.ts';
import { obstacleAt, PRIVATE_FILE, planOwnership } from './files.ts';
import { join, NOTHING, type Part, part } from './part.ts';
import type { View } from './view.ts';

const DAY = 86_400;
/** The authority lives long, for every client carries it; the leaf is replaced without anybody's noticing. */
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 90;
const RENEW_LEAF_DAYS = 30;
const WARN_AUTHORITY_BEFORE = 365 * DAY;

const FILES = {
  authority: `${TLS}/ca.pem`,
  authorityKey: `${TLS}/ca.key`,
  leaf: `${TLS}/leaf.pem`,
  key: `${TLS}/leaf.key`,
};

/** The certificates that nginx serves where the playbook names none: our own authority, and a leaf below it. */
export function planCertificates(view: View, server: DesiredServer): Part {
  if (server.tls.mode === 'files') return NOTHING;
  const obstacles = Object.values(FILES).flatMap((path) => obstacleAt(path, view.files[path]) ?? []);
  if (obstacles.length > 0) return part({ refusals: obstacles });
  const authority = planAuthority(view, server);
  const leaf = planLeaf(view, server, authority.steps.length > 0);
  const found = Object.values(FILES).map((path) => [path, view.files[path]] as const);
  const ownerships = found.map(([path, file]) =>
    file === undefined ? NOTHING : planOwnership(path, file, PRIVATE_FILE),
  );
  return join([authority, leaf, ...ownerships]);
}

function planAuthority(view: View, server: DesiredServer): Part {
  if (view.files[FILES.authority] !== undefined && view.files[FILES.authorityKey] !== undefined) {
    return part({ notes: agingAuthority(view) });
  }
  const name = `reconcile ${server.tunnel} ${server.host.name}`;
  return part({
    changes: [
      {
        kind: 'create',
        target: FILES.authority,
        cause: 'absent',
        after: `an authority for ${AUTHORITY_DAYS} days`,
      },
    ],
    steps: [{ kind: 'make-authority', directory: TLS, name, days: AUTHORITY_DAYS }],
  });
}

function agingAuthority(view: View): readonly string[] {
  const expires = view.certificates[FILES.authority]?.expires;
  if (expires === undefined || expires - view.clock > WARN_AUTHORITY_BEFORE) return [];
  return [`the authority ${FILES.authority} expires within a year; its successor must reach every client`];
}

function planLeaf(view: View, server: DesiredServer, newAuthority: boolean): Part {
  const names = [server.domain, ...server.formerDomains];
  const cause = newAuthority ? 'its authority is new' : leafCause(view, names);
  if (cause === undefined) return NOTHING;
  const after = `a certificate for ${names.join(', ')}, ${LEAF_DAYS} days`;
  const before = view.certificates[FILES.leaf];
  const change =
    before === undefined
      ? ({ kind: 'create', target: FILES.leaf, cause: 'absent', after } as const)
      : ({
          kind: 'update',
          target: FILES.leaf,
          cause,
          before: `a certificate for ${before.names.join(', ')}`,
          after,
        } as const);
  const steps = [{ kind: 'make-certificate', directory: TLS, names, days: LEAF_DAYS } as const];
  return part({ changes: [change], steps, notes: [RENEWAL] });
}

/** Nothing on the host renews it, and the plan that makes it is the last that is sure to be read. */
const RENEWAL = `the certificate lasts ${LEAF_DAYS} days, and only an apply in its last ${RENEW_LEAF_DAYS} renews it: run one at least every ${RENEW_LEAF_DAYS} days`;

/** Why a new leaf is due; undefined: it is not. */
function leafCause(view: View, names: readonly string[]): string | undefined {
  const leaf = view.certificates[FILES.leaf];
  if (leaf === undefined || view.files[FILES.leaf] === undefined || view.files[FILES.key] === undefined)
    return 'absent';
  const lacking = names.filter((name) => !leaf.names.includes(name));
  if (lacking.length > 0) return `it does not name ${lacking.join(', ')}`;
  return leaf.expires - view.clock < RENEW_LEAF_DAYS * DAY
    ? `it expires in less than ${RENEW_LEAF_DAYS} days`
    : undefined;
}
