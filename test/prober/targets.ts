import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

/** What a tunnel leads to in the lab, as JSON on the command line; a port that is left out is not served. */
export interface TargetsPlan {
  /** What the HTTP answer begins with: who answered. */
  readonly id: string;
  readonly http?: number;
  readonly tcp?: number;
  readonly udp?: number;
}

const LOOPBACK = '127.0.0.1';

/** Says who it is and what was asked. */
function serveHttp(id: string, port: number): void {
  createHttpServer((request, response) => {
    const body = `${id} ${request.method} ${request.url}\n`;
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  })
    .on('error', fail)
    .listen(port, LOOPBACK);
}

/** Echoes bytes. */
function serveTcp(port: number): void {
  createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  })
    .on('error', fail)
    .listen(port, LOOPBACK);
}

/** Answers each serial number with the sender it saw. */
function serveUdp(port: number): void {
  const socket = createSocket('udp4');
  socket.on('message', (message, { address, port: from }) => {
    const answer = { serial: Number(message.toString()), from: `${address}:${from}` };
    socket.send(JSON.stringify(answer), from, address);
  });
  socket.on('error', fail);
  socket.bind(port, LOOPBACK);
}

/** Such as a port that is taken. */
function fail(error: Error): void {
  console.error(`targets: ${error.message}`);
  process.exit(1);
}

const plan: TargetsPlan = JSON.parse(process.argv[2] ?? '');
if (plan.http !== undefined) serveHttp(plan.id, plan.http);
if (plan.tcp !== undefined) serveTcp(plan.tcp);
if (plan.udp !== undefined) serveUdp(plan.udp);
