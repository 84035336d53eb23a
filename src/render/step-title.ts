import type { RotateOrder, Step } from '../model/step.ts';

type Titles = { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => string };

const ORDERS: Readonly<Record<RotateOrder, string>> = {
  due: 'begin or continue the rotation there',
  rotate: 'rotate there',
  finalize: 'finalize there',
  cancel: 'cancel there',
  compromised: 'end every token there, and make new ones',
  restore: 'bring back there, with new tokens',
};

const TITLES: Titles = {
  'install-packages': ({ manager, packages }) => `install ${packages.join(', ')} by ${manager}`,
  'create-user': ({ name }) => `create the system user ${name}`,
  'make-directory': ({ path, mode, owner, group }) => `make the folder ${path} (${mode} ${owner}:${group})`,
  'install-program': ({ path }) => `install ${path}`,
  'write-file': ({ path, mode, owner, group }) => `write ${path} (${mode} ${owner}:${group})`,
  'set-ownership': ({ path, mode, owner, group }) => `give ${path} to ${owner}:${group}, mode ${mode}`,
  'make-link': ({ path, target }) => `let ${path} lead to ${target}`,
  'remove-file': ({ path }) => `remove ${path}`,
  'make-salt': ({ path }) => `make ${path} there`,
  'make-token': ({ service, generation }) => `make the token of ${service} g${generation} there`,
  'keep-token': ({ service, generation, path }) => `keep the token of ${service} g${generation} from ${path}`,
  'make-key': ({ client, number }) => `make the API key ${number} of ${client} there`,
  'record-key': ({ client, phase, current, next }) =>
    `record of ${client}'s API keys: ${phase} ${next === 0 ? current : `${current} -> ${next}`}`,
  'audit-key': ({ client, action, number }) =>
    `log for the audit: ${action} the API key ${number} of ${client}`,
  'audit-secret': ({ secret, action, target, number }) =>
    secret === 'token'
      ? `log for the audit: ${action} the token of ${target} g${number}`
      : `log for the audit: ${action} the API key ${number} of ${target}`,
  'write-key-map': ({ path }) => `write ${path} from the API keys there`,
  publish: ({ client }) => `publish what ${client} pulls`,
  'remove-folder': ({ path }) => `remove ${path} and all in it`,
  'cut-connections': ({ service, address, port }) =>
    `end the live connections of ${service} (${address} port ${port})`,
  'make-authority': ({ directory, days }) => `make an authority for ${days} days in ${directory}`,
  'make-certificate': ({ names, days }) => `make a certificate for ${names.join(', ')}, ${days} days`,
  enroll: ({ service, generation }) => `enroll ${service} g${generation} for rotation`,
  rotate: ({ order, services }) => `${ORDERS[order]}: ${services.join(', ')}`,
  assemble: ({ path, fragments }) => `join ${fragments.length} fragments into ${path}`,
  backup: ({ path, directory }) => `back up ${path} to ${directory}`,
  'apply-sysctls': ({ path }) => `put ${path} into force`,
  'reload-systemd': () => 'reload systemd',
  'enable-unit': ({ unit }) => `enable ${unit}`,
  'disable-unit': ({ unit }) => `disable ${unit}`,
  'start-unit': ({ unit }) => `start ${unit}`,
  'restart-unit': ({ unit }) => `restart ${unit}`,
  poll: ({ server }) => `poll ${server}`,
  'check-nginx': () => "check nginx's configuration",
  'reload-nginx': () => 'reload nginx',
};

/** One line that says what a step does. */
export function stepTitle(step: Step): string {
  // The table has each kind's own function, which the compiler cannot follow through the index.
  const title = TITLES[step.kind] as (step: Step) => string;
  return title(step);
}
