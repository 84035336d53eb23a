import type { HostStatus, Status } from '../model/status.ts';
import { jsonText } from './printable.ts';

/** Rises when a reader of an older one would misunderstand; schemas/status.schema.json describes it. */
const FORMAT = 1;

/** A host that nothing can be said of. */
export interface UnseenHost {
  readonly host: string;
  readonly message: string;
  readonly remedy: string;
}

/** The status for programs. Ends with a line break. */
export function statusJson({ hosts, refused }: Status, unseen: readonly UnseenHost[]): string {
  const unreadable = refused.flatMap(({ host, refusals }) =>
    refusals.map(({ message, remedy }) => ({ host, message, remedy })),
  );
  return jsonText({ format: FORMAT, hosts: hosts.map(inSeconds), unseen: [...unseen, ...unreadable] });
}

/** The host's clock and nginx's log tell fractions, which nobody needs. */
function inSeconds(host: HostStatus): HostStatus {
  const clients = host.clients.map((client) => {
    const { lastPull } = client;
    return lastPull === undefined
      ? client
      : { ...client, lastPull: { ...lastPull, at: Math.floor(lastPull.at) } };
  });
  return { ...host, time: Math.floor(host.time), clients };
}
