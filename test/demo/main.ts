import { readFileSync } from 'node:fs';
import { Operator } from '../e2e/tunnel.ts';
import { desktopIsThere, SERVICES, serveDesktop, sshThroughTunnel, visitAll } from '../e2e/visitor.ts';
import { Lab } from '../lab/lab.ts';
import type { Ran } from '../lab/run.ts';
import { Stage } from './stage.ts';

/**
 * `npm run demo`: a bare Debian VPS and a machine behind NAT become a running tunnel, and come back from a drift.
 * Everything is real but the distance: hosts with systemd, sshd and nginx, on this machine.
 */
async function main(stage: Stage): Promise<void> {
  stage.say('Booting a bare Debian VPS (edge) and a machine behind NAT (desktop)');
  await using lab = await Lab.boot({ bare: ['edge'], clients: ['desktop'] });
  using operator = await Operator.start(lab, ['edge']);
  operator.playbook({ services: SERVICES });
  stage.show('playbook.yaml', readFileSync(operator.at('playbook.yaml'), 'utf8'));

  stage.say('What would an apply do?');
  stage.command('reconcile plan -i inventory.yaml playbook.yaml', await operator.plan(), 2);
  stage.say('Do it');
  stage.command('reconcile apply -i inventory.yaml playbook.yaml --yes', await operator.apply(), 0, tail);

  stage.say('Set up the client on desktop by hand, and visit it from outside');
  await serveDesktop(lab);
  await visitAll(lab);
  stage.show(
    'curl http://edge.test:8080/',
    await lab.control.must(['curl', '-sS', 'http://edge.test:8080/']),
  );
  stage.show('ssh -p 2222 root@edge.test hostname', await sshThroughTunnel(lab, 'hostname'));
  stage.show('UDP to edge.test:5353', 'answered, every datagram of a second\n');

  stage.say('Anything left to do?');
  stage.command('reconcile plan …', await operator.plan(), 0);

  stage.say('Somebody edits a file of nginx, and stops the server');
  await lab
    .host('edge')
    .must("sed -i 's/healthy/poorly/' /etc/nginx/conf.d/reconcile.conf; systemctl stop rathole-server");
  stage.command('reconcile plan …', await operator.plan(), 2);
  stage.command('reconcile apply … --yes', await operator.apply(), 0, tail);
  await desktopIsThere(lab.host('edge'));
  await visitAll(lab);
  stage.say('The tunnel serves again');
}

/** The plan has been shown already. */
const tail = ({ stdout }: Ran) => stdout.slice(stdout.lastIndexOf('Digest:'));

await main(new Stage());
