import { type Spot, show } from '../findings.ts';
import type { Rule } from './rule.ts';

export const hostUnknown: Rule = {
  id: 'host-unknown',
  why: 'Every part of a host pattern must name something in the inventory: a misspelt `!edge3` would leave nothing out.',
  check: ({ tunnels, isWhole }, complain) => {
    for (const { problems, at } of isWhole ? tunnels : []) {
      for (const problem of problems) if (problem.rule === 'host-unknown') complain(at('hosts'), problem);
    }
  },
};

export const hostPattern: Rule = {
  id: 'host-pattern',
  why: 'Host patterns are names, groups, globs and positions, joined by `:` or `,`, with `&` and `!`. Regular expressions are not supported.',
  check: ({ tunnels }, complain) => {
    for (const { problems, at } of tunnels) {
      for (const problem of problems) if (problem.rule === 'host-pattern') complain(at('hosts'), problem);
    }
  },
};

export const hostsNone: Rule = {
  id: 'hosts-none',
  why: 'A tunnel without a host does nothing; most likely its pattern leaves out more than it should.',
  check: ({ tunnels }, complain) => {
    for (const { right, hosts, problems, at } of tunnels) {
      if (right.hosts === undefined || hosts.length > 0 || problems.length > 0) continue;
      const remedy = 'check the parts with & and !';
      complain(at('hosts'), { message: 'the pattern leaves no host', found: show(right.hosts), remedy });
    }
  },
};

export const hostShared: Rule = {
  id: 'host-shared',
  why: 'A host carries the rathole server of one tunnel: its files, unit and ports have fixed names.',
  check: ({ tunnels }, complain) => {
    const owners = new Map<string, string>();
    for (const { name, hosts, at } of tunnels) {
      const shared = hosts.find((host) => (owners.get(host.name) ?? name) !== name);
      for (const host of hosts) if (!owners.has(host.name)) owners.set(host.name, name);
      if (shared === undefined) continue;
      const owner = owners.get(shared.name);
      complain(at('hosts'), {
        message: `the host already has the tunnel "${owner}"`,
        found: show(shared.name),
        remedy: `leave it out here (!${shared.name}), or move the services into "${owner}"`,
      });
    }
  },
};

export const tunnelTwice: Rule = {
  id: 'tunnel-twice',
  why: 'Tunnels of all given playbooks share one set of names: files and units on clients are named after them.',
  check: ({ tunnels }, complain) => {
    const first = new Map<string, Spot>();
    for (const { name, key } of tunnels) {
      const other = first.get(name);
      if (!other) first.set(name, key);
      else {
        const place = other.source.place(other.range);
        const remedy = `rename one of the two; the other is in ${place.file}:${place.line}`;
        complain(key, { message: 'another playbook has a tunnel of this name', found: show(name), remedy });
      }
    }
  },
};
