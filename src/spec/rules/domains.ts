import type { InventoryHost } from '../../model/inventory.ts';
import { type Spot, show } from '../findings.ts';
import { fillIn, isDomain, isServerPath } from '../playbook/template.ts';
import type { TunnelView } from '../playbook/view.ts';
import type { Rule } from './rule.ts';

export const variableUnknown: Rule = {
  id: 'variable-unknown',
  why: "What stands in braces is `{host}` or a variable that each of the tunnel's hosts has, with a plain value.",
  check: ({ tunnels }, complain) => {
    forEachTemplate(tunnels, (template, host) => {
      for (const name of fillIn(template.text, host).missing) {
        const remedy = `set ${name} for this host in the inventory, or write {host} for its name`;
        complain(template.spot, {
          message: `the host ${host.name} has no variable "${name}"`,
          found: show(template.text),
          remedy,
        });
      }
    });
  },
};

export const badDomain: Rule = {
  id: 'bad-domain',
  why: 'Once its variables are filled in, a domain is a DNS name in lower case: labels of letters, digits and hyphens.',
  check: ({ tunnels }, complain) => {
    forEachTemplate(tunnels, ({ kind, text, spot }, host) => {
      const filled = fillIn(text, host);
      if (kind !== 'domain' || filled.missing.length > 0 || isDomain(filled.text)) return;
      const remedy = 'use labels of a-z, 0-9 and -, such as tunnel.example.net; {host} must be one too';
      complain(spot, {
        message: `this is no DNS name for the host ${host.name}`,
        found: show(filled.text),
        remedy,
      });
    });
  },
};

export const badPath: Rule = {
  id: 'bad-path',
  why: 'Once its variables are filled in, a path on the server is absolute and made of letters, digits and . _ @ + -.',
  check: ({ tunnels }, complain) => {
    forEachTemplate(tunnels, ({ kind, text, spot }, host) => {
      const filled = fillIn(text, host);
      if (kind !== 'path' || filled.missing.length > 0 || isServerPath(filled.text)) return;
      const remedy = 'use letters, digits and . _ @ + - in each part';
      complain(spot, {
        message: `this is no safe path for the host ${host.name}`,
        found: show(filled.text),
        remedy,
      });
    });
  },
};

export const domainShared: Rule = {
  id: 'domain-shared',
  why: 'Each host is a server of its own, with its own keys and tokens: a client must be able to tell them apart by name.',
  check: ({ tunnels }, complain) => {
    const owners = new Map<string, string>();
    forEachTemplate(tunnels, ({ kind, text, spot }, host) => {
      if (kind !== 'domain') return;
      const domain = fillIn(text, host).text;
      const owner = owners.get(domain) ?? host.name;
      owners.set(domain, owner);
      if (owner === host.name) return;
      const remedy = 'put the host into it: {host}.tunnel.example.net, or a variable of your own';
      complain(spot, {
        message: `the hosts ${owner} and ${host.name} get the same domain`,
        found: show(domain),
        remedy,
      });
    });
  },
};

interface Template {
  readonly kind: 'domain' | 'path';
  readonly text: string;
  readonly spot: Spot;
}

/** Visits each text that may hold variables, for each host of its tunnel. */
function forEachTemplate(
  tunnels: readonly TunnelView[],
  visit: (template: Template, host: InventoryHost) => void,
): void {
  for (const tunnel of tunnels) {
    const templates = templatesOf(tunnel);
    for (const host of tunnel.hosts) for (const template of templates) visit(template, host);
  }
}

function templatesOf({ right, at }: TunnelView): readonly Template[] {
  const { domain, former_domains, tls } = right;
  const found: Template[] = [];
  const add = (kind: Template['kind'], text: string | undefined, spot: Spot): void => {
    if (text !== undefined) found.push({ kind, text, spot });
  };
  add('domain', domain, at('domain'));
  for (const [index, former] of (former_domains ?? []).entries())
    add('domain', former, at('former_domains', index));
  if (tls?.mode === 'files') {
    add('path', tls.certificate, at('tls', 'certificate'));
    add('path', tls.key, at('tls', 'key'));
  }
  return found;
}
