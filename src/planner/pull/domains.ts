import { NGINX_HTTP, PULL } from '../../artifacts/paths.ts';
import type { DesiredServer } from '../../model/desired.ts';
import { type Part, part } from '../part.ts';
import type { View } from '../view.ts';
import { sightingsOf } from './client-keys.ts';
import type { PullClients } from './clients.ts';

/**
 * A domain that is served no more strands the clients that know no other: those that were not told its successor by
 * now, that is, whose last answered poll gave them another sync.conf than the one which names it.
 */
export function planDomains(view: View, server: DesiredServer, { joined }: PullClients): Part {
  const kept = new Set([server.domain, ...server.formerDomains]);
  const gone = servedDomains(view).filter((name) => !kept.has(name));
  if (gone.length === 0) return part({});
  const stranded = joined.map(({ name }) => name).filter((name) => !isTold(view, name, kept));
  if (stranded.length === 0) return part({});
  const who = stranded.join(', ');
  return part({
    refusals: [
      {
        rule: 'domain-gone',
        message: `${gone.join(', ')} would be served no more, and ${who} would not find ${server.domain}`,
        remedy: `Add ${gone.join(', ')} to former_domains until every client has pulled.`,
        consent: 'strand-clients',
      },
    ],
  });
}

/** The names in the file that nginx has by now. */
function servedDomains({ files }: View): readonly string[] {
  const text = files[NGINX_HTTP]?.text ?? '';
  const names = [...text.matchAll(/^\s*server_name ([^;]+);/gm)].flatMap(([, all = '']) => all.split(' '));
  return [...new Set(names)];
}

/** One for whom nothing is published yet gets the domain of its day by its bundle. */
function isTold({ files, pulls }: View, client: string, kept: ReadonlySet<string>): boolean {
  const told = pulls.published[client]?.['sync.conf'];
  const sightings = sightingsOf(pulls.seen, client).filter(({ file }) => file === 'sync.conf');
  if (sightings.length === 0 && told === undefined) return true;
  const [, domain = ''] =
    /^server = https:\/\/(.+)$/m.exec(files[`${PULL}/${client}/sync.conf`]?.text ?? '') ?? [];
  return kept.has(domain) && sightings.some(({ etag }) => etag === told);
}
