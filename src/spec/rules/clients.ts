import { type Spot, show } from '../findings.ts';
import { DEFAULTS } from '../playbook/defaults.ts';
import { declaredClients, usedClients } from '../playbook/view.ts';
import { nearest } from '../suggest.ts';
import type { Rule } from './rule.ts';

/** Looking for what a name may have meant takes time: not for the thousandth. */
const MAX_SUGGESTIONS = 100;

export const clientUndeclared: Rule = {
  id: 'client-undeclared',
  why: "A service's client is declared under `clients` of the same playbook, so that a misspelt name is no new machine.",
  check: ({ tunnels }, complain) => {
    const near = new Map<string, string | undefined>();
    for (const { playbook, services } of tunnels) {
      const declared = declaredClients(playbook);
      for (const { right, at } of services) {
        if (right.client === undefined || declared.has(right.client)) continue;
        if (!near.has(right.client) && near.size < MAX_SUGGESTIONS) {
          near.set(right.client, nearest(right.client, declared.keys()));
        }
        const meant = near.get(right.client);
        const remedy = `${meant ? `did you mean "${meant}"? Or ` : ''}add "${right.client}: {}" under clients`;
        complain(at('client'), { message: 'the client is not declared', found: show(right.client), remedy });
      }
    }
  },
};

export const clientUnused: Rule = {
  id: 'client-unused',
  why: 'A client that offers nothing gets no bundle; it may be left over, or the service that names it may be missing.',
  check: ({ playbooks }, complain) => {
    for (const playbook of playbooks) {
      const used = usedClients(playbook);
      for (const [name, spot] of declaredClients(playbook)) {
        if (used.has(name)) continue;
        const remedy = 'remove it, or give it a service';
        complain(spot, {
          message: 'no service uses this client',
          found: show(name),
          remedy,
          severity: 'warning',
        });
      }
    }
  },
};

export const clientServes: Rule = {
  id: 'client-serves',
  why: 'A host of the inventory is set up either as a server or as a client. One that is both is set up as a server, and joins as a client by its bundle.',
  check: ({ playbooks, tunnels }, complain) => {
    const serving = new Map(tunnels.flatMap(({ name, hosts }) => hosts.map((host) => [host.name, name])));
    for (const playbook of playbooks) {
      for (const [name, spot] of declaredClients(playbook)) {
        const tunnel = serving.get(name);
        if (tunnel === undefined) continue;
        complain(spot, {
          message: `this client is a host that carries the server of the tunnel "${tunnel}", so it joins by its bundle`,
          found: show(name),
          remedy: `leave the host out of that tunnel (!${name}) to have it set up as a client`,
          severity: 'warning',
        });
      }
    }
  },
};

export const clientDiffers: Rule = {
  id: 'client-differs',
  why: 'A client in two playbooks is one machine, so both must say the same about it.',
  check: ({ playbooks }, complain) => {
    const first = new Map<string, { readonly poll: string; readonly spot: Spot }>();
    for (const playbook of playbooks) {
      const places = declaredClients(playbook);
      for (const [name, client] of Object.entries(playbook.right.clients ?? {})) {
        const spot = places.get(name);
        const poll = client?.poll ?? DEFAULTS.poll;
        const other = first.get(name);
        if (!other && spot) first.set(name, { poll, spot });
        else if (other && spot && other.poll !== poll) {
          const { file, line } = other.spot.source.place(other.spot.range);
          const remedy = `write the same poll as in ${file}:${line} (${other.poll})`;
          complain(spot, {
            message: 'another playbook says otherwise about this client',
            found: show(poll),
            remedy,
          });
        }
      }
    }
  },
};
