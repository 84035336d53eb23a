import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { slotConfig } from '../../src/artifacts/nginx-stream.ts';
import { PENDING, ROTATE, slotFile } from '../../src/artifacts/paths.ts';
import { rotateScript } from '../../src/artifacts/rotate/program.ts';
import { finalizeService, finalizeTimer } from '../../src/artifacts/rotate/units.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { RotateHost } from './host.ts';

const lab = useLab({ vps: ['edge'] });

const BIND = { address: '0.0.0.0', port: 5353 };

/** A UDP service whose finalize was decided and cut off, and a compromised one whose connections are still open. */
function decided(): RotateHost {
  const host = new RotateHost();
  host.enroll('dns', { protocol: 'udp', port: BIND.port }, 'finalizing 7 8 8 5 905 1000');
  host.enroll('ssh', { cutover: 'in-place', address: '127.0.0.1', port: 2222 }, 'compromised 7 8 8 0 0 1000');
  host.write('etc/pending-tokens.json', '{}');
  for (const side of ['server', 'client/pc'])
    host.write(`state/fragments/${side}/50-dns.g8.toml`, '\n[a.services."dns.g8"]\ntoken = "new"\n');
  return host;
}

async function install(): Promise<void> {
  const edge = lab().host('edge');
  const files = decided();
  const { stdout } = spawnSync('tar', ['-C', files.root, '-c', 'state', 'etc'], { encoding: 'base64' });
  files.remove();
  await edge.must('useradd --system rathole; mkdir -p /var/lib/reconcile /etc/rathole /var/log/reconcile');
  await edge.must('mkdir -p /etc/nginx/reconcile/slots /usr/local/lib/reconcile');
  await edge.must(
    'cd /tmp && base64 -d | tar -x && cp -a state/. /var/lib/reconcile && cp -a etc/. /etc/rathole',
    {
      stdin: stdout,
    },
  );
  await edge.write(slotFile('dns'), slotConfig({ name: 'dns', protocol: 'udp', bind: BIND, generation: 7 }));
  await edge.write(ROTATE, rotateScript(), { mode: '0755' });
  await edge.write('/etc/systemd/system/reconcile-finalize.service', finalizeService());
  await edge.write('/etc/systemd/system/reconcile-finalize.timer', finalizeTimer());
  await edge.must('systemctl daemon-reload');
}

/** Stays connected through a listener that is gone. */
const VISITOR = `const net = require('node:net');
const server = net.createServer((socket) => { server.close(); socket.on('error', () => {}); });
server.listen(2222, '127.0.0.1', () => net.connect(2222, '127.0.0.1').on('error', () => {}));`;

const open = async () =>
  Number(await lab().host('edge').must('ss -H -t -n state established "src 127.0.0.1:2222" | wc -l'));

const workers = () =>
  lab().host('edge').must('pgrep -P "$(systemctl show --property=MainPID --value nginx)" | sort');

test('in its sandbox the unit completes what was decided: nginx is reloaded, connections are cut', async () => {
  const edge = lab().host('edge');
  await install();
  await edge.write('/tmp/visitor.cjs', VISITOR);
  await edge.must('systemd-run -q --unit=visitor node /tmp/visitor.cjs');
  await waitFor(async () => (await open()) === 1 || undefined, { what: 'the visitor', timeout: 20_000 });
  const before = await workers();
  const { code } = await edge.exec('systemctl start reconcile-finalize.service');
  const said = await edge.must('journalctl --no-pager -q -o cat -u reconcile-finalize.service');
  expect(code, said).toBe(0);
  expect(await edge.must('cat /var/lib/reconcile/rotation/*/record')).toMatch(
    /^steady 8 0 8 0 0 \d+\nsteady 8 0 8 0 0 \d+\n$/,
  );
  expect(await edge.must(`cat ${slotFile('dns')}`)).toBe(
    slotConfig({ name: 'dns', protocol: 'udp', bind: BIND, generation: 8 }),
  );
  expect(await workers()).not.toBe(before);
  expect(await open()).toBe(0);
  expect(await edge.must('stat -c "%U:%G %a" /etc/rathole/server.toml')).toBe('root:rathole 640\n');
  expect((await edge.exec(`test -e ${PENDING}`)).code).toBe(1);
});
