import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 with its key, both PEM and as files. */
export interface Leaf {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority of our own with the leaves that the tests' servers show. */
export interface Authority {
  readonly caFile: string;
  readonly good: Leaf;
  readonly notYetValid: Leaf;
  readonly expired: Leaf;
  readonly otherName: Leaf;
}

const CONFIG = (folder: string) => `
[ca]
default_ca = ours
[ours]
database = ${folder}/index.txt
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`;

/** Makes an authority and its leaves in `folder`. */
export function makeAuthority(folder: string): Authority {
  const config = join(folder, 'ca.cnf');
  const caFile = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  writeFileSync(config, CONFIG(folder));
  writeFileSync(join(folder, 'index.txt'), '');
  openssl(folder, 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ours', [
    '-keyout',
    caKey,
    '-out',
    caFile,
  ]);
  const leaf = (name: string, names: string, from: string, to: string): Leaf => {
    const file = (end: string) => join(folder, `${name}.${end}`);
    openssl(folder, 'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server', [
      '-addext',
      `subjectAltName=${names}`,
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
    ]);
    openssl(folder, `ca -batch -notext -startdate ${from} -enddate ${to}`, [
      ...['-config', config, '-cert', caFile, '-keyfile', caKey],
      ...['-in', file('csr'), '-out', file('pem')],
    ]);
    return {
      certFile: file('pem'),
      keyFile: file('key'),
      cert: readFileSync(file('pem'), 'utf8'),
      key: readFileSync(file('key'), 'utf8'),
    };
  };
  return {
    caFile,
    good: leaf('good', 'IP:127.0.0.1,DNS:localhost', '20000101000000Z', '20900101000000Z'),
    notYetValid: leaf('future', 'IP:127.0.0.1,DNS:localhost', '20890101000000Z', '20900101000000Z'),
    expired: leaf('past', 'IP:127.0.0.1,DNS:localhost', '20000101000000Z', '20010101000000Z'),
    otherName: leaf('other', 'IP:127.0.0.9', '20000101000000Z', '20900101000000Z'),
  };
}

function openssl(cwd: string, words: string, more: readonly string[]): void {
  execFileSync('openssl', [...words.split(' '), ...more], { cwd, stdio: 'pipe' });
}
