import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run.ts';

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
const VALID = ['-days', '30'];

/** A certificate authority of one lab; its files are in the lab's folder and go with it. */
export class Authority {
  readonly #dir: string;
  #issued = 0;
  #making: Promise<Certificate> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The PEM that a client is to trust, made at first need. */
  async cert(): Promise<string> {
    return (await this.#root()).cert;
  }

  /** Makes a certificate for the DNS names. */
  async issue(...names: readonly string[]): Promise<Certificate> {
    await this.#root();
    this.#issued += 1;
    const file = this.#files(`leaf${this.#issued}`);
    const alternative = names.map((name) => `DNS:${name}`).join(',');
    writeFileSync(file('ext'), `subjectAltName=${alternative}\n`);
    const subject = ['-subj', `/CN=${names[0]}`];
    await must([
      'openssl',
      'req',
      '-new',
      ...NEW_KEY,
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
      ...subject,
    ]);
    const root = this.#files('root');
    const signer = ['-CA', root('cert'), '-CAkey', root('key'), '-CAcreateserial', ...VALID];
    const files = ['-in', file('csr'), '-out', file('cert'), '-extfile', file('ext')];
    await must(['openssl', 'x509', '-req', ...signer, ...files]);
    return pair(file);
  }

  #root(): Promise<Certificate> {
    this.#making ??= this.#makeRoot();
    return this.#making;
  }

  async #makeRoot(): Promise<Certificate> {
    mkdirSync(this.#dir, { recursive: true });
    const file = this.#files('root');
    const files = ['-keyout', file('key'), '-out', file('cert'), '-subj', '/CN=lab'];
    await must(['openssl', 'req', '-x509', ...NEW_KEY, ...VALID, ...files]);
    return pair(file);
  }

  #files(name: string) {
    return (extension: string) => join(this.#dir, `${name}.${extension}`);
  }
}

function pair(file: (extension: string) => string): Certificate {
  return { cert: readFileSync(file('cert'), 'utf8'), key: readFileSync(file('key'), 'utf8') };
}
