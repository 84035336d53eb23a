import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { NGINX_FUNCTIONS, nginx } from '../../src/facts/nginx.ts';

/** What the script makes of a configuration, line by line. */
function summary(dump: string, ...options: readonly string[]): string[] {
  const input = `${NGINX_FUNCTIONS}\nnginx_summary "$@" <<'EOF_DUMP'\n${dump}\nEOF_DUMP\n`;
  const said = execFileSync('sh', ['-s', '--', ...options], { input, encoding: 'utf8' });
  return said.split('\n').filter(Boolean);
}

const MAIN = '# configuration file /etc/nginx/nginx.conf:';

test.each([
  [
    'several directives in a line',
    'user www; worker_processes 4;',
    ['set user www', 'set worker_processes 4'],
  ],
  ['a directive over several lines', 'user\n  www\n  web;', ['set user www web']],
  ['comments', '# user no;\nuser www; # worker_processes 9;\n', ['set user www']],
  ['a sign that begins no comment', 'user w#w; pid /p;', ['set user w#w', 'set pid /p']],
  ['quotes', `pid "/run/a;{#'.pid"; user www;`, ["set pid /run/a;{#'.pid", 'set user www']],
  ['a quote over lines', "log_format x 'a;\nuser no;\nb';\nuser www;", ['set user www']],
  ['a variable in braces', 'env $\u007ba}b; user www;', ['set user www']],
  ['a stream block', 'stream { server { listen 1; } }', ['stream /etc/nginx/nginx.conf']],
  ['stream elsewhere', 'http { upstream stream { server a; } }', []],
  ['includes', 'include a;\nhttp { include b; server { include c; } }', ['include main a', 'include http b']],
  ['events', 'events { worker_connections 9; }', ['set worker_connections 9']],
  ['error_log inside http', 'http { error_log a; }\nerror_log b warn;', ['set error_log b']],
  ['modules', 'load_module modules/ngx_stream_module.so;', ['module modules/ngx_stream_module.so']],
])('%s', (_, text, expected) => {
  const lines = summary(`${MAIN}\n${text}\n@status 0`, '-v', 'dumped=1').slice(0, -1);
  expect(lines).toEqual(expected);
});

test('of included files only what is sure to be outside of http counts', () => {
  const dump = `nginx: a warning\n${MAIN}\nhttp { include c; }\n# configuration file /etc/nginx/c:\nerror_log d;\nstream { }\n@status 0`;
  expect(summary(dump, '-v', 'dumped=1')).toEqual([
    'said nginx: a warning',
    'include http c',
    'stream /etc/nginx/c',
    '@status 0',
  ]);
});

test('nothing of the configuration is told but those directives', () => {
  const dump = `${MAIN}\nhttp { map $http_x_api_key $c { default ""; "weak-secret" a; } }\n@status 0`;
  expect(summary(dump, '-v', 'dumped=1')).toEqual(['@status 0']);
});

const STAT = (pid: number, ticks: number) =>
  `worker ${pid} (nginx: (odd) name) S 1 ${'0 '.repeat(17)}${ticks} 0 0`;
const SAID = [
  'clocks 1795225796.50 1000.00',
  'zone +0100',
  'cpus 2',
  'built nginx version: nginx/1.22.1',
  'built configure arguments: --prefix=/usr --with-stream=dynamic --with-stream_ssl_module',
  'set worker_processes auto',
  'status 0',
  STAT(7, 90_000),
  'limit 1024 524288',
  STAT(8, 95_000),
  'limit 20000 20000',
];

test('the oldest worker decides what is loaded, and the least limit what it can', () => {
  expect(nginx.parse(SAID)).toMatchObject({
    workersStarted: 1795225696.5,
    openFiles: 1024,
    openFilesAtMost: 20_000,
    workerProcesses: 2,
    workerConnections: 512,
    stream: false,
  });
});

test.each([
  ['built in', 'built configure arguments: --with-stream', true],
  ['built in, at the end', 'built configure arguments: --a --with-stream --b', true],
  ['loaded', 'module modules/ngx_stream_module.so', true],
  ['another module', 'module modules/ngx_http_echo_module.so', false],
])('the stream module: %s', (_, line, stream) => {
  expect(nginx.parse([...SAID, line]).stream).toBe(stream);
});

test('only complaints since the workers started count, in the zone of the host', () => {
  // The workers started at 1795225696.5, which is 02:48:16 there.
  const emerg = (time: string, what: string) => `emerg 2026/11/21 ${time} [emerg] 44#44: ${what}`;
  const { reloadErrors } = nginx.parse([
    ...SAID,
    emerg('01:59:59', 'long ago'),
    emerg('02:48:15', 'just before'),
    emerg('02:48:16', 'bind() failed'),
    emerg('02:49:00', 'bind() failed'),
    emerg('02:49:01', 'still could not bind()'),
  ]);
  expect(new Date(1795225696500).toISOString()).toBe('2026-11-21T01:48:16.500Z');
  expect(reloadErrors).toEqual(['bind() failed', 'still could not bind()']);
});

test('what nginx -t says is told without times and numbers of processes', () => {
  const said = [
    'said 2026/11/21 01:29:52 [emerg] 14204#14204: unknown directive "x" in /etc/nginx/nginx.conf:3',
    'said nginx: [emerg] unknown directive "x" in /etc/nginx/nginx.conf:3',
    'said nginx: configuration file /etc/nginx/nginx.conf test failed',
  ];
  const lines = SAID.map((line) => (line === 'status 0' ? 'status 1' : line));
  expect(nginx.parse([...lines, ...said]).configError).toBe(
    'unknown directive "x" in /etc/nginx/nginx.conf:3\nconfiguration file /etc/nginx/nginx.conf test failed',
  );
  expect(nginx.parse(lines).configError).toBe('nginx -T ends with 1');
});
