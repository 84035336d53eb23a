import { BACKUPS, HEAD, SERVER_FRAGMENTS, SERVER_TOML } from '../artifacts/paths.ts';
import { serverHead } from '../artifacts/server-toml.ts';
import { showFingerprints } from '../codec/placeholder.ts';
import type { ServerFile } from '../codec/server-toml.ts';
import { parseServerFile } from '../codec/server-toml.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Refusal } from '../model/plan.ts';
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
  const cause = found.foreign ? 'somebody else wrote it' : causeOf(view, before);
  const reload = {
    before: found.file,
    after: parse(after),
    serviceOf: serviceNames(found, services),
    moved: movedServices(found, services),
  };
  const interrupts = forecastReload(view, reload);
  return part({
    changes: [{ kind: 'update', target: SERVER_TOML, cause, before, after }],
    refusals: adoptionRefusals(found),
    steps: [
      { kind: 'backup', path: SERVER_TOML, directory: BACKUPS },
      interrupts === undefined ? assemble : { ...assemble, interrupts },
    ],
  });
}

/** Taking over a server.toml keeps what its clients know; only a token for all services at once cannot be kept. */
function adoptionRefusals({ foreign, services }: FoundServer): readonly Refusal[] {
  if (!foreign) return [];
  const message = `${SERVER_TOML} was not made by reconcile`;
  const tokenless = services.filter(({ served, table }) => served && table.token === '');
  if (tokenless.length > 0) {
    const names = tokenless.map(({ ratholeName }) => ratholeName).join(', ');
    return [
      {
        rule: 'foreign-default-token',
        message: `${message}, and ${names} have no token of their own in it`,
        remedy: 'Write the default_token into the table of each service, as its token.',
      },
    ];
  }
  return [
    {
      rule: 'foreign-server-toml',
      message,
      remedy: `Declare its services with \`cutover: in-place\` and their \`rathole_name\`, so that their tokens are kept and their clients stay connected; then take it over. The old one goes to the backups.`,
      consent: 'replace-foreign-files',
    },
  ];
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

/** A new generation of what is there with another client. */
function movedServices(found: FoundServer, { wanted }: Services): readonly string[] {
  return wanted.flatMap((each) => {
    if (each.kind !== 'declared' || each.found !== undefined) return [];
    const moved = found.services.some(
      ({ service, comment }) =>
        service === each.service && comment !== undefined && comment.client !== each.declared.client,
    );
    return moved ? [each.service] : [];
  });
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
