import { readFileSync } from 'node:fs';
import { GRACE, POLL, setUpDesktop, WITH_CHAT } from '../e2e/joined.ts';
import { summary, underLoad } from '../e2e/load.ts';
import { Operator } from '../e2e/tunnel.ts';
import { desktopIsThere, sshThroughTunnel, visitAll } from '../e2e/visitor.ts';
import { Lab } from '../lab/lab.ts';
import type { Ran } from '../lab/run.ts';
import { Stage } from './stage.ts';

const ROTATIONS = 10;

/**
 * `npm run demo`: a bare Debian VPS and a machine behind NAT become a running tunnel, come back from a drift, and
 * rotate their tokens while visitors come.
 * Everything is real but the distance: hosts with systemd, sshd and nginx, on this machine.
 */
async function main(stage: Stage): Promise<void> {
  stage.say('Booting a bare Debian VPS (edge) and a machine behind NAT (desktop)');
  await using lab = await Lab.boot({ bare: ['edge'], clients: ['desktop'] });
  using operator = await Operator.start(lab, ['edge']);
  operator.playbook({ services: WITH_CHAT, poll: `${POLL}s`, more: [`rotation: { grace: ${GRACE}s }`] });
  stage.show('playbook.yaml', readFileSync(operator.at('playbook.yaml'), 'utf8'));

  stage.say('What would an apply do?');
  stage.command('reconcile plan -i inventory.yaml playbook.yaml', await operator.plan(), 2);
  stage.say('Do it');
  stage.command('reconcile apply -i inventory.yaml playbook.yaml --yes', await operator.apply(), 0, tail);

  stage.say('Run the installer of `reconcile bundle desktop` on desktop, and visit it from outside');
  await setUpDesktop(lab, operator);
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

  stage.say(`Rotate every token ${ROTATIONS} times, with a new visitor every 10 ms and others who stay`);
  const seen = await underLoad(lab, async () => {
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1)
      stage.command('reconcile rotate … --yes --wait', await operator.rotate(), 0, tail);
  });
  const { p99, held, dropped, datagrams, lost } = seen;
  stage.show(
    'what the visitors noticed',
    `${summary(seen)}, p99 ${p99} ms; of ${held} long-lived ones ${dropped} dropped; of ${datagrams} datagrams ${lost} lost\n`,
  );
}

/** The plan has been shown already. */
const tail = ({ stdout }: Ran) => stdout.slice(stdout.lastIndexOf('Digest:'));

await main(new Stage());
