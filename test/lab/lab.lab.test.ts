import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { useLab } from './vitest.ts';
import { waitFor } from './wait.ts';

const lab = useLab({ vps: ['edge'], bare: ['plain'], clients: ['attic'] });
const edge = () => lab().host('edge');

const pings = async (from: string, to: string, count = 1) => {
  const { stdout } = await lab()
    .host(from)
    .exec(['ping', '-q', '-c', String(count), '-i', '0.01', '-W', '0.3', to]);
  return Number(/(\d+) received/.exec(stdout)?.[1]);
};

test('a host is Debian with systemd as PID 1 and all that the product expects', async () => {
  const said = await edge().must(
    'cat /proc/1/comm; . /etc/os-release; echo $VERSION_CODENAME; hostname; systemctl is-active nginx ssh; which ss sudo openssl curl flock timeout python3; node --version',
  );
  const lines = said.trim().split('\n');
  expect(lines.slice(0, 5)).toEqual(['systemd', 'bookworm', 'edge', 'active', 'active']);
  expect(lines.at(-1)).toBe(process.version);
  expect(lines).toHaveLength(13);
});

test('a command gives its exit status, both outputs, and gets its stdin', async () => {
  expect(await edge().exec('cat; echo bad >&2; exit 7', { stdin: 'höre' })).toEqual({
    code: 7,
    stdout: 'höre',
    stderr: 'bad\n',
  });
});

test('a command that takes too long is ended in the host, too', async () => {
  expect((await edge().exec('sleep 87.5', { timeout: 300 })).code).toBe(124);
  expect((await edge().exec("trap '' TERM; sleep 87.5", { timeout: 300 })).code).toBe(124);
  const gone = async () => (await edge().exec(['pgrep', '-x', 'sleep'])).code === 1;
  // a process closes its pipes before it is gone, and an orphan is there until systemd reaps it
  await waitFor(gone, { what: 'both to end', timeout: 20_000 });
});

test('what a command left behind in the background is not waited for beyond the timeout', async () => {
  const start = performance.now();
  const ran = await edge().exec('echo said; setsid sleep 86.5 &', { timeout: 300 });
  expect(ran).toEqual({ code: 124, stdout: 'said\n', stderr: '' });
  expect(performance.now() - start).toBeLessThan(3000);
  await edge().must(['pkill', '-f', 'sleep 86.5']);
});

test('no command, and no time to run it, are refused at once', async () => {
  await expect(edge().exec([])).rejects.toThrow('edge: nothing to run');
  await expect(edge().exec([], { user: 'deploy' })).rejects.toThrow('edge: nothing to run');
  for (const timeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(edge().exec('true', { timeout })).rejects.toThrow(/^edge: a timeout is .* not /);
});

test('as a shell tells it: a program that a signal ended, and one that is not there', async () => {
  expect((await edge().exec('kill -9 $$')).code).toBe(137);
  const { code, stderr } = await edge().exec(['no-such-program']);
  expect({ code, stderr }).toEqual({ code: 127, stderr: expect.stringContaining('no-such-program') });
});

test('commands run at once, and their outputs are not mixed up', async () => {
  const sizes = Array.from({ length: 9 }, (_, at) => 100_000 + at);
  const all = 'touch "/run/$0"; until [ "$(ls /run/10000? | wc -l)" = 9 ]; do sleep 0.02; done';
  const outputs = sizes.map((size, at) =>
    edge().must(['sh', '-c', `${all}; head -c "$0" /dev/zero | tr '\\0' ${at}`, String(size)]),
  );
  expect(await Promise.all(outputs)).toEqual(sizes.map((size, at) => `${at}`.repeat(size)));
});

test('deploy may sudo, visitor may not', async () => {
  expect(await edge().must('sudo -n id -un', { user: 'deploy' })).toBe('root\n');
  expect(await edge().exec('sudo -n id -un', { user: 'visitor' })).toMatchObject({ code: 1, stdout: '' });
});

test('a file written is there with its mode and owner, and reads back', async () => {
  await edge().write('/etc/demo/deep/a file', 'one\ntwo', { mode: '0640', owner: 'root:deploy' });
  expect(await edge().read('/etc/demo/deep/a file')).toBe('one\ntwo');
  expect(await edge().must(['stat', '-c', '%a %U:%G', '/etc/demo/deep/a file'])).toBe('640 root:deploy\n');
});

test('a file that cannot be written leaves nothing beside it', async () => {
  await edge().must('mkdir -p /etc/folders/in-the-way');
  await expect(edge().write('/etc/folders/in-the-way', 'text')).rejects.toThrow('in-the-way');
  await edge().disk.fill(20_000);
  await expect(edge().write('/etc/folders/large', 'x'.repeat(100_000))).rejects.toThrow('No space left');
  await edge().disk.free();
  expect(await edge().must('ls -A /etc/folders')).toBe('in-the-way\n');
});

test('outside is another machine: SSH with the host key checked, names, this machine’s programs', async () => {
  const { control, sshConfig, visitorAddress } = lab();
  expect(await control.must(['ssh', '-F', sshConfig, 'deploy@edge', 'echo $SSH_CLIENT'])).toContain(
    visitorAddress,
  );
  expect(await control.must(['curl', '-sI', 'http://edge.test/'])).toContain('200 OK');
  const program = 'console.log(process.env.COLOUR, process.cwd())';
  const ran = control.must([process.execPath, '-e', program], { cwd: '/usr', env: { COLOUR: 'red' } });
  expect(await ran).toBe('red /usr\n');
});

test('nothing leaves the lab, and it says so at once', async () => {
  const start = performance.now();
  const url = 'http://192.0.2.1/';
  expect((await edge().exec(['curl', '-s', '-m', '9', url])).code).toBe(7);
  expect((await lab().host('attic').exec(['curl', '-s', '-m', '9', url])).code).toBe(7);
  expect((await lab().control.exec(['curl', '-s', '-m', '9', url])).code).toBe(7);
  expect((await edge().exec(['curl', '-s', '-m', '9', 'http://nowhere.test/'])).code).toBe(6);
  expect(performance.now() - start).toBeLessThan(8000);
});

test('a client behind NAT reaches others and is not reached', async () => {
  const client = lab().host('attic');
  expect(await client.must(['curl', '-sI', 'http://edge.test/'])).toContain('200 OK');
  // nginx writes down what it has answered a moment later.
  const visitor = () => edge().must('tail -n 1 /var/log/nginx/access.log');
  await expect.poll(visitor, { timeout: 10_000 }).toMatch(`${client.address} `);
  const back = ['curl', '-s', '-m', '1', `http://${client.address}:22/`];
  expect([7, 28]).toContain((await edge().exec(back)).code);
});

test('a bare host has no nginx and installs it from the lab', async () => {
  const plain = lab().host('plain');
  expect((await plain.exec('command -v nginx')).code).not.toBe(0);
  await plain.must(
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy nginx libnginx-mod-stream',
  );
  expect(await plain.must('systemctl is-active nginx; nginx -t 2>&1; ls /etc/nginx/modules-enabled')).toMatch(
    /^active.*successful.*stream/s,
  );
});

test('a cut cable is a black hole until it is mended', async () => {
  for (const name of ['edge', 'attic']) {
    const target = name === 'edge' ? lab().visitorAddress : edge().address;
    await lab().host(name).cable.cut();
    expect(await pings(name, target)).toBe(0);
    await lab().host(name).cable.mend();
    expect(await pings(name, target)).toBe(1);
  }
});

test('a lossy cable loses about its share, in each direction', async () => {
  await edge().cable.drop(30);
  const received = await pings('edge', lab().visitorAddress, 200);
  await edge().cable.mend();
  expect(received).toBeGreaterThan(60); // expected 98 of 200: 0.7 squared
  expect(received).toBeLessThan(135);
});

test('a cable that loses nearly nothing or nearly all is no exception', async () => {
  await edge().cable.drop(0.01);
  expect(await pings('edge', lab().visitorAddress, 20)).toBeGreaterThan(15);
  await edge().cable.drop(99.99);
  expect(await pings('edge', lab().visitorAddress, 20)).toBeLessThan(5);
  await edge().cable.mend();
});

test('a delayed cable takes that much longer each way, for large packets too', async () => {
  const rtt = async () => {
    const said = await edge().must(['ping', '-q', '-c', '5', '-i', '0.05', '-W', '2', lab().visitorAddress]);
    return Number(/= [\d.]+\/([\d.]+)\//.exec(said)?.[1]);
  };
  const plain = await rtt();
  await edge().cable.delay(40);
  expect(await rtt()).toBeGreaterThan(80);
  await edge().must('head -c 3000000 /dev/urandom >/var/www/html/big');
  const fetched = await lab().control.must(['sh', '-c', 'curl -s http://edge.test/big | sha256sum']);
  expect(fetched).toBe(await edge().must('sha256sum </var/www/html/big'));
  await edge().cable.cut();
  expect(await pings('edge', lab().visitorAddress)).toBe(0);
  await edge().cable.mend();
  expect(await rtt()).toBeLessThan(plain + 20);
});

test('a full disk is ENOSPC in /etc and /var, and writable once freed', async () => {
  await edge().disk.fill();
  for (const dir of ['/etc', '/var/lib', '/root'])
    expect((await edge().exec(`head -c 100000 /dev/zero >${dir}/big`)).stderr).toContain('No space left');
  await edge().disk.free();
  await edge().must('head -c 100000 /dev/zero >/etc/big && rm /etc/big /var/lib/big /root/big');
});

test('a disk fills up under a host that writes, and by no more than there is', async () => {
  const writes = 'while :; do head -c 6000 /dev/zero >>/var/tmp/grows; sleep 0.005; done';
  {
    await using _ = edge().start(writes);
    for (let again = 0; again < 10; again += 1) {
      await edge().disk.fill();
      await edge().disk.free();
    }
  }
  await edge().must('rm /var/tmp/grows');
  for (const free of [-1, 0.5, 2 ** 30, Number.NaN])
    await expect(edge().disk.fill(free)).rejects.toThrow(RangeError);
});

test('the journal is followed from now on', async () => {
  await edge().must(['logger', '-t', 'demo', 'before']);
  await using journal = await edge().follow();
  await edge().must(['systemd-cat', '-t', 'demo', 'echo', 'after']);
  await journal.line(/^after$/);
  expect(journal.lines).not.toContain('before');
});

test('a process is frozen, thawed and killed', async () => {
  const pid = await edge().pidOf('nginx');
  const state = () => edge().must(['ps', '-o', 'stat=', '-p', String(pid)]);
  // A signal is sent at once, and obeyed when its process gets a processor; systemd is told of an end after that.
  const soon = { timeout: 10_000 };
  await edge().kill(pid, 'STOP');
  await expect.poll(state, soon).toMatch(/^T/);
  await edge().kill(pid, 'CONT');
  await expect.poll(state, soon).toMatch(/^S/);
  await edge().kill(pid);
  await expect.poll(() => edge().pidOf('nginx').catch(String), soon).toContain('no process');
  await edge().must(['systemctl', 'restart', 'nginx']);
});

test('a frozen host answers nobody and goes on when thawed', async () => {
  const ask = () => lab().control.exec(['curl', '-s', '-m', '1', '-o', '/dev/null', 'http://edge.test/']);
  await edge().freeze();
  expect((await ask()).code).toBe(28);
  await edge().thaw();
  expect((await ask()).code).toBe(0);
});

test('a frozen host is named with its cause, and what is pulled out is not frozen when it comes back', async () => {
  await edge().must('true');
  await edge().freeze();
  await expect(edge().exec('true', { timeout: 50 })).rejects.toThrow(
    /^edge is frozen: no end after 50 ms: sh -c true$/m,
  );
  await edge().crash();
  await edge().powerOn();
  await edge().powerOff();
  await edge().freeze();
  await edge().powerOn();
});

test('a host that is on is not switched on', async () => {
  await expect(edge().powerOn()).rejects.toThrow('edge is on already');
  await edge().must('true');
});

test('a host that refuses to go down says so at once', async () => {
  await edge().must('systemctl mask --runtime reboot.target poweroff.target');
  const start = performance.now();
  await expect(edge().reboot()).rejects.toThrow(/edge: systemctl reboot\n.*denied/s);
  await expect(edge().powerOff()).rejects.toThrow(/edge: systemctl poweroff\n.*denied/s);
  expect(performance.now() - start).toBeLessThan(10_000);
  await edge().must('systemctl unmask --runtime reboot.target poweroff.target');
});

test('a host reboots, powers off and on, and loses its plug, keeping its disk', async () => {
  const bootId = () => edge().must('cat /proc/sys/kernel/random/boot_id; journalctl -q --list-boots | wc -l');
  await edge().write('/etc/kept', 'yes');
  const boots = [await bootId()];
  // A host that goes down waits 10 s for it, as for all that is reaped outside, and not for ever.
  await using journal = await edge().follow();
  for (const again of [
    () => edge().reboot(),
    () =>
      edge()
        .powerOff()
        .then(() => edge().powerOn()),
    () =>
      edge()
        .crash()
        .then(() => edge().powerOn()),
  ]) {
    await again();
    boots.push(await bootId());
    expect(await edge().read('/etc/kept')).toBe('yes');
  }
  expect(new Set(boots).size).toBe(4);
  await edge().powerOff();
  await sleep(100);
  await expect(edge().exec('true')).rejects.toThrow('edge is off');
  await edge().powerOn();
  expect(await journal.ended).not.toBe(0);
});

test('a host that cannot boot says so at once', async () => {
  const plain = lab().host('plain');
  await plain.must('rm /usr/lib/systemd/systemd');
  await plain.crash();
  const start = performance.now();
  await expect(plain.powerOn()).rejects.toThrow(/plain does not boot\n.*init/s);
  expect(performance.now() - start).toBeLessThan(10_000);
});
