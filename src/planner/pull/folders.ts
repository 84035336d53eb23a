import { CLIENTS, KEYS, LOGS, PULL } from '../../artifacts/paths.ts';
import { clientSettings } from '../../artifacts/pull/settings.ts';
import { NGINX_GROUP } from '../../codec/placeholder.ts';
import type { DesiredServer } from '../../model/desired.ts';
import type { Ownership } from '../../model/step.ts';
import { PRIVATE_FILE, planDirectory, planFile } from '../files.ts';
import { join, type Part } from '../part.ts';
import type { View } from '../view.ts';
import type { PullClients } from './clients.ts';

const PRIVATE: Ownership = { owner: 'root', group: 'root', mode: '0700' };

/** What nginx's workers may read. Their group is the one that was found; where nginx comes with this plan, its host tells. */
export function forWorkers(view: View, mode: string): Ownership {
  return { owner: 'root', group: view.users.nginx?.group ?? NGINX_GROUP, mode };
}

export function planPullFolders(view: View, { joined }: PullClients): Part {
  const open = forWorkers(view, '0750');
  const folders: readonly (readonly [string, Ownership])[] = [
    [PULL, open],
    [KEYS, PRIVATE],
    [CLIENTS, PRIVATE],
    // The workers reopen their log when nginx is told to.
    [LOGS, open],
    ...joined.flatMap(
      ({ name }) =>
        [
          [`${CLIENTS}/${name}`, PRIVATE],
          [`${PULL}/${name}`, open],
        ] as const,
    ),
  ];
  return join(folders.map(([path, ownership]) => planDirectory(view, path, ownership)));
}

/** What each client is told besides its services. */
export function planSettings(view: View, server: DesiredServer, { joined }: PullClients): Part {
  const url = urlOf(server);
  return join(
    joined.map(({ name, poll }) => {
      const text = clientSettings({ poll, server: url });
      return planFile(view, { path: settingsPath(name), text, ...PRIVATE_FILE });
    }),
  );
}

export const settingsPath = (client: string) => `${CLIENTS}/${client}/settings`;

/** Where clients pull from. */
export const urlOf = ({ domain }: DesiredServer) => `https://${domain}`;
