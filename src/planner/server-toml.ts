import { BACKUPS, HEAD, SERVER_FRAGMENTS, SERVER_TOML } from '../artifacts/paths.ts';
import { serverHead } from '../artifacts/server-toml.ts';
import { showFingerprints } from '../codec/placeholder.ts';
import type { ServerFile } from '../codec/server-toml.ts';
import { parseServerFile } from '../codec/server-toml.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Ownership, Step } from '../model/step.ts';
import { expectationOf, planOwnership } from './files.ts';
import { forecastReload } from './forecast.ts';
import type { FoundServer } from './found-services.ts';
import { type Part, part } from './part.ts';
import { sameText } from './secret-text.ts';
import { knownFingerprints } from './tokens.ts';
import type { View } from './view.ts';
import {
  type Services,
  serverFragmentPath,
  serverFragmentText,
  type WantedService,
} from './wanted-services.ts';

const SERVER_TOML_FILE: Ownership = { owner: 'root', group: 'rathole', mode: '0640' };

/** Joins the fragments into server.toml where that is not what they say. rathole loads it within milliseconds. */
export function planServerToml(
  view: View,
  server: DesiredServer,
  found: FoundServer,
  services: Services,
): Part {
  const served = servedInOrder(services.wanted);
  const fingerprints = knownFingerprints(served);
  const wanted = [serverHead(server), ...served.map((each) => serverFragmentText(each, view.files))].join('');
  const file = view.files[SERVER_TOML];
  if (file?.text !== undefined && sameText(file.text, wanted, fingerprints)) {
    return planOwnership(SERVER_TOML, file, SERVER_TOML_FILE);
  }
  const assemble: Step = {
    kind: 'assemble',
    path: SERVER_TOML,
    fragments: [`${SERVER_FRAGMENTS}/${HEAD}`, ...served.map(serverFragmentPath)],
    expect: expectationOf(file),
    ...SERVER_TOML_FILE,
  };
  const after = showFingerprints(wanted, fingerprints);
  if (file === undefined) {
    return part({
      changes: [{ kind: 'create', target: SERVER_TOML, cause: 'absent', after }],
      steps: [assemble],
    });
  }
  const before = file.text ?? '';
  const reload = { before: found.file, after: parse(after), serviceOf: serviceNames(found, services) };
  const interrupts = forecastReload(view, reload);
  return part({
    changes: [{ kind: 'update', target: SERVER_TOML, cause: causeOf(view, before), before, after }],
    steps: [
      { kind: 'backup', path: SERVER_TOML, directory: BACKUPS },
      interrupts === undefined ? assemble : { ...assemble, interrupts },
    ],
  });
}

/** In the order of the fragments' names. What a rotation has not put into server.toml yet stays out of it. */
function servedInOrder(wanted: readonly WantedService[]): readonly WantedService[] {
  return wanted
    .filter((each) => each.kind !== 'pending' || each.found.served)
    .sort((a, b) => (serverFragmentPath(a) < serverFragmentPath(b) ? -1 : 1));
}

function parse(text: string): ServerFile {
  const parsed = parseServerFile(text);
  return 'error' in parsed ? { settings: '', services: [] } : parsed;
}

function serviceNames(found: FoundServer, { wanted }: Services): ReadonlyMap<string, string> {
  return new Map([...found.services, ...wanted].map((each) => [each.ratholeName, each.service]));
}

/** Fragments that still make up the file were overtaken by the playbook; else somebody edited one or the other. */
function causeOf(view: View, before: string): string {
  const joined = Object.keys(view.files)
    .filter((path) => path.startsWith(`${SERVER_FRAGMENTS}/`) && path.endsWith('.toml'))
    .sort()
    .map((path) => view.files[path]?.text ?? '')
    .join('');
  if (joined !== before) return 'edited: not what its fragments say';
  return 'the playbook says otherwise';
}
