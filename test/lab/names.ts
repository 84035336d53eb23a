interface Named {
  readonly name: string;
  readonly address: string;
}

/** The same names everywhere in the lab: `edge` and `edge.test`, and the control namespace as `apt.test`. */
export function etcHosts(hosts: readonly Named[], controlAddress: string): string {
  const lines = hosts.map(({ name, address }) => `${address} ${name} ${name}.test\n`);
  return ['127.0.0.1 localhost\n', `${controlAddress} outside.test apt.test\n`, ...lines].join('');
}

/** An ssh_config that leaves nothing to the operator's own: keys, known hosts and names are the lab's. */
export function sshConfig(hosts: readonly Named[], key: string, knownHosts: string): string {
  const blocks = hosts.map(
    ({ name, address }) => `Host ${name}\n  HostName ${address}\n  HostKeyAlias ${name}\n`,
  );
  const all = [
    ...['Host *', '  User root', `  IdentityFile ${key}`, '  IdentitiesOnly yes', '  BatchMode yes'],
    ...[`  UserKnownHostsFile ${knownHosts}`, '  StrictHostKeyChecking yes', '  ConnectTimeout 5', ''],
  ];
  return [...blocks, all.join('\n')].join('\n');
}
