import type { DesiredServer } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { join, type Part } from '../part.ts';
import type { View } from '../view.ts';
import type { Services } from '../wanted-services.ts';
import { bundleNotes } from './bundles.ts';
import type { PullClients } from './clients.ts';
import { planCuts } from './cut.ts';
import { planDomains } from './domains.ts';
import { planSettings } from './folders.ts';
import { type KeyOrders, planKeyRotation, type Reload } from './key-rotation.ts';
import { planKeys } from './keys.ts';
import { planLeaving } from './leaving.ts';
import { planPublished } from './published.ts';

export interface PullTask {
  readonly view: View;
  readonly server: DesiredServer;
  readonly services: Services;
  readonly clients: PullClients;
}

/** What nginx must find when it loads: the keys that it answers to. */
export function planBeforeNginx({ view, server, clients }: PullTask): Part {
  return join([planSettings(view, server, clients), planKeys(view, clients)]);
}

/** What comes when rathole and nginx run as they should, in the order of its steps. */
export function planAfterNginx(
  task: PullTask,
  earlier: readonly Step[],
  orders: KeyOrders,
  reload: Reload,
): Part {
  const { view, server, services, clients } = task;
  return join([
    planPublished({ view, server, services, steps: earlier }, clients),
    planKeyRotation(view, server, clients, orders, reload),
    planCuts(view, server, services),
    planLeaving(view, clients),
    planDomains(view, server, clients),
    bundleNotes(view, server, clients, earlier),
  ]);
}
