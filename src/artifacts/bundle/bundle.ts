import { quote } from '../../codec/shell.ts';
import { MARKER_LINE } from '../marker.ts';
import { ETC } from '../paths.ts';
import { syncScript } from '../sync/script.ts';
import { firstSettings, keyFile } from './client-files.ts';
import { heredoc } from './heredoc.ts';
import { INSTALLER } from './installer.ts';
import { cronLines, KEEP_PROGRAM, keepScript } from './keep.ts';
import { type BundleProgram, programFunctions } from './programs.ts';
import { clientUnits, SYNC_PROGRAM } from './units.ts';

/** All that a machine needs to become a client. The keys come in at the very end: see `keyPlaceholder`. */
export interface Bundle {
  readonly client: string;
  /** Seconds between polls. */
  readonly poll: number;
  readonly servers: readonly BundleServer[];
  readonly programs: readonly BundleProgram[];
  /** Put before every path; empty but in tests. */
  readonly prefix?: string;
}

/** One server that the client joins. */
export interface BundleServer {
  /** TUNNEL-HOST: the name of its folder and of its units' instances. */
  readonly name: string;
  /** Where the client pulls from: `https://DOMAIN`. */
  readonly url: string;
  /** The authority of a self-signed server, PEM; without it the client's own authorities count. */
  readonly authority?: string;
  /** The version of its rathole; `programs` has it for each architecture. */
  readonly ratholeVersion: string;
}

/**
 * The installer: one POSIX sh script that holds everything. It is a secret as soon as the placeholders are filled in.
 * Running it again changes nothing; cut off anywhere, it does nothing.
 */
export function bundleScript(bundle: Bundle): string {
  const { client, servers, prefix = '' } = bundle;
  const names = servers.map(({ name }) => name);
  return `#!/bin/sh
${MARKER_LINE}# Makes this machine the rathole client ${client} of: ${names.join(', ')}.
# This file holds the client's API keys: whoever reads it can be this client.
#
# Usage: sh FILE              sets everything up; may be run again
#        sh FILE --print      shows what would be set up, without the keys
#        sh FILE --uninstall  takes everything away again

set -eu
umask 077
prefix=${quote(prefix)}
servers=${quote(names.join(' '))}
${textFunctions(bundle)}
${programFunctions(bundle.programs)}
${serverFunctions(servers)}
${INSTALLER}
main "$@"
`;
}

/** What is the same for all servers of the client. */
function textFunctions({ poll, servers, prefix = '' }: Bundle): string {
  const names = servers.map(({ name }) => name);
  const units = clientUnits(poll).map(
    ({ name, text }) => `place /etc/systemd/system/${name} 0644 <<${heredoc(text)}`,
  );
  return `
# The files that all servers share, each with its path and mode.
shared_files() {
place ${SYNC_PROGRAM} 0755 <<${heredoc(syncScript({ root: `${prefix}${ETC}` }))}
if has_systemd; then
${units.join('')}
else
place ${KEEP_PROGRAM} 0755 <<${heredoc(keepScript(prefix))}
fi
}

cron_with_user() { cat <<${heredoc(cronLines(names, prefix, 'root '))}
}

cron_without_user() { cat <<${heredoc(cronLines(names, prefix, ''))}
}
`;
}

/** What is one server's own. The key goes first into the folder, so it is never there without its sync.conf for long. */
function serverFunctions(servers: readonly BundleServer[]): string {
  const cases = (of: (server: BundleServer) => string) =>
    servers.map((server) => `${quote(server.name)})\n${of(server)};;\n`).join('');
  return `# version_of SERVER: of its rathole
version_of() { case $1 in
${cases(({ ratholeVersion }) => `echo ${quote(ratholeVersion)}\n`)}esac; }

key_of() { case $1 in
${cases(({ name }) => `cat <<${heredoc(keyFile(name))}`)}esac; }

settings_of() { case $1 in
${cases(({ url }) => `cat <<${heredoc(firstSettings(url))}`)}esac; }

authority_of() { case $1 in
${cases(({ authority = '' }) => `cat <<${heredoc(authority)}`)}esac; }
`;
}
