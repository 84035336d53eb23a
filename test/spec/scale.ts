import { HASH } from './cases.ts';

/** A playbook with so many services, spread over clients and over both kinds of mistakes when asked for. */
export function largePlaybook(services: number, mistakes = 0): string {
  const lines = Array.from({ length: services }, (_, index) => {
    const client = index < mistakes ? 'nobody' : `client${index % 100}`;
    const bind = `10.${(index >> 14) & 255}.${(index >> 6) & 255}.${(index & 63) + 1}:${10_000 + (index % 50_000)}`;
    return `      s${index}: { client: ${client}, local: 127.0.0.1:22, bind: '${bind}' }`;
  });
  const clients = Array.from({ length: Math.min(100, services) }, (_, index) => `  client${index}: {}`);
  return `tunnels:
  home:
    hosts: edge
    domain: tunnel.example.net
    rathole: { version: 0.5.0, sha256: ${HASH} }
    rotation: { cutover: in-place }
    services:
${lines.join('\n')}
clients:
${clients.join('\n')}
`;
}
