import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Moments as openssl x509 takes them. */
export interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function stamp(moment: Date): string {
  return moment.toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** A certificate authority in a folder that goes with the test; its certificates are made by openssl. */
export class Authority {
  readonly folder: string;
  readonly certFile: string;
  readonly #keyFile: string;
  #issued = 0;

  constructor(t: Test, name = 'weir test authority') {
    this.folder = mkdtempSync(join(tmpdir(), 'weir-ca-'));
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    this.certFile = join(this.folder, 'ca.crt');
    this.#keyFile = join(this.folder, 'ca.key');
    const files = ['-keyout', this.#keyFile, '-out', this.certFile];
    openssl('req', '-x509', ...newKey, ...files, '-subj', `/CN=${name}`, '-days', '2');
    // openssl ca keeps a ledger.
    writeFileSync(join(this.folder, 'index.txt'), '');
    writeFileSync(join(this.folder, 'index.txt.attr'), 'unique_subject = no\n');
  }

  get cert(): string {
    return readFileSync(this.certFile, 'utf8');
  }

  /** @param names such as `IP:127.0.0.1` or `URI:weir://demo/node/n1`. @returns the PEM of certificate and key */
  issue(names: string, validity: Validity = {}): Issued {
    const of = (name: string) => join(this.folder, `${++this.#issued}.${name}`);
    const [key, request, cert, config] = [of('key'), of('csr'), of('crt'), of('conf')];
    openssl('req', '-new', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=weir');
    writeFileSync(config, this.#config(names));
    const { notBefore = new Date(Date.now() - 3_600_000), notAfter = new Date(Date.now() + 86_400_000) } = validity;
    const dates = ['-startdate', stamp(notBefore), '-enddate', stamp(notAfter)];
    openssl('ca', '-batch', '-notext', '-config', config, '-in', request, '-out', cert, ...dates);
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }

  /** Writes what was issued into files, over those of before. */
  write({ cert, key }: Issued, name: string): { readonly cert: string; readonly key: string } {
    const files = { cert: join(this.folder, `${name}.crt`), key: join(this.folder, `${name}.key`) };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    return files;
  }

  #config(names: string): string {
    return `
[ca]
default_ca = own
[own]
dir = ${this.folder}
new_certs_dir = ${this.folder}
database = ${this.folder}/index.txt
rand_serial = yes
certificate = ${this.certFile}
private_key = ${this.#keyFile}
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = ${names}
`;
  }
}
