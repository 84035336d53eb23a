import { clientTemplate } from '../artifacts/client-toml.ts';
import { ROTATION, ROTATION_SETTINGS, rotationFolder } from '../artifacts/paths.ts';
import { policyFile, settingsFile } from '../artifacts/rotation-files.ts';
import { serverTemplate } from '../artifacts/server-toml.ts';
import { formatAddress } from '../codec/address.ts';
import type { DesiredServer, DesiredService } from '../model/desired.ts';
import { PRIVATE_FILE, planDirectory, planFile } from './files.ts';
import type { FoundServer } from './found-services.ts';
import { join, NOTHING, type Part } from './part.ts';
import { forWorkers } from './pull/folders.ts';
import type { View } from './view.ts';

const PRIVATE_FOLDER = { owner: 'root', group: 'root', mode: '0700' } as const;

/** What the host rotates by when nobody is there: the policy of each service, and the shape of its fragments. */
export function planRotationFiles(view: View, server: DesiredServer, found: FoundServer): Part {
  const settings = settingsFile(server.rotation, forWorkers(view, '0640').group);
  return join([
    planDirectory(view, ROTATION, PRIVATE_FOLDER),
    planFile(view, { path: ROTATION_SETTINGS, text: settings, ...PRIVATE_FILE }),
    ...server.services.map((service) => planService(view, server, found, service)),
  ]);
}

function planService(view: View, server: DesiredServer, found: FoundServer, service: DesiredService): Part {
  if (found.moving.has(service.name) && !isSameShape(service, found)) return NOTHING;
  const files = [
    ['policy', policyFile(service, server.rotation)],
    ['server.template', serverTemplate(service)],
    ['client.template', clientTemplate(service)],
  ] as const;
  const folder = rotationFolder(service.name);
  return join([
    planDirectory(view, folder, PRIVATE_FOLDER),
    ...files.map(([name, text]) =>
      newAsPart(planFile(view, { path: `${folder}/${name}`, text, ...PRIVATE_FILE })),
    ),
  ]);
}

/**
 * Whether a rotation under way may go on by what the playbook says now: its grace or its stragglers may have changed,
 * but not where it listens, nor whose it is.
 */
function isSameShape(service: DesiredService, { services }: FoundServer): boolean {
  return services
    .filter((each) => each.service === service.name)
    .every(
      ({ comment, table }) =>
        comment?.client === service.client &&
        comment.bind === formatAddress(service.bind) &&
        comment.cutover === service.cutover &&
        table.protocol === service.protocol,
    );
}

/** Of new ones the names suffice: they say what the playbook and the fragments say. What changes is shown. */
function newAsPart(plan: Part): Part {
  return {
    ...plan,
    changes: plan.changes.map((change) => (change.kind === 'create' ? { ...change, part: true } : change)),
  };
}
