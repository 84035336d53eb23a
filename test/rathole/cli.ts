import { parseArgs } from 'node:util';
import type { Role } from './supervisor.ts';

export type Command =
  | { readonly kind: 'run'; readonly path: string; readonly role: Role }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'usage'; readonly why: string };

const VERSION = '0.5.0';

const LONG_VERSION = `rathole 
Build Timestamp:     2023-10-01T00:00:00.000000000Z
Build Version:       ${VERSION}
Commit SHA:          None
Commit Date:         None
Commit Branch:       None
cargo Target Triple: x86_64-unknown-linux-gnu
cargo Profile:       stand-in
cargo Features:      client,hot_reload,server,websocket

`;

const HELP = `rathole ${VERSION}
A stand-in for rathole's reverse proxy for NAT traversal, for tests

USAGE:
    rathole [OPTIONS] <CONFIG>

ARGS:
    <CONFIG>    The path to the configuration file; it also says whether to run as a client or a server

OPTIONS:
    -h, --help       Print help information
    -V, --version    Print version information
    -s, --server     Run as a server
    -c, --client     Run as a client
`;

/** What the command line asks for. */
export function parseCommandLine(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [path, ...more] = positionals;
    if (values.help) return { kind: 'print', text: HELP };
    if (args.includes('-V')) return { kind: 'print', text: `rathole ${VERSION}\n` };
    if (values.version) return { kind: 'print', text: LONG_VERSION };
    if (values.server && values.client) throw new Error("'--server' cannot be used with '--client'");
    if (path === undefined || more.length > 0) throw new Error('exactly one <CONFIG> is required');
    return { kind: 'run', path, role: values.server ? 'server' : values.client ? 'client' : undefined };
  } catch (error) {
    return { kind: 'usage', why: error instanceof Error ? error.message : String(error) };
  }
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  server: { type: 'boolean', short: 's' },
  client: { type: 'boolean', short: 'c' },
} as const;
