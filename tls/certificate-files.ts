import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { messageOf, WeirError } from '../core/errors.ts';
import type { Milliseconds, UnixMs } from '../core/time.ts';

/** Names of files in PEM; null for what is not used. */
export interface CertificatePaths {
  /** Who vouches for the other side; null for the authorities that the system trusts. */
  readonly ca: string | null;
  /** This side's certificate, with the chain to its authority. */
  readonly cert: string | null;
  readonly key: string | null;
}

/** What the files hold, each null where its path is. */
export interface Certificates {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
}

/** When a certificate may be used; both moments are inside. */
export interface Validity {
  readonly fromUnixMs: UnixMs;
  readonly throughUnixMs: UnixMs;
}

/** Reads certificates, and again while they are replaced; what was valid last stands while the files are not. */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners = new Set<(certificates: Certificates) => void>();
  #current: Certificates;
  #lastFault = '';

  /** @throws WeirError TLS_CERTIFICATE: names the file that cannot be used */
  static async open(paths: CertificatePaths, refreshMs: Milliseconds, log: Logger): Promise<CertificateFiles> {
    const certificates = await readAll(paths);
    check(paths, certificates);
    return new CertificateFiles(paths, certificates, refreshMs, log);
  }

  private constructor(paths: CertificatePaths, certificates: Certificates, refreshMs: Milliseconds, log: Logger) {
    this.#paths = paths;
    this.#current = certificates;
    this.#log = log;
    this.#timer = setInterval(() => void this.refresh(), refreshMs);
    this.#timer.unref();
  }

  get current(): Certificates {
    return this.#current;
  }

  /** When this side's certificate may be used; null when it has none. */
  get validity(): Validity | null {
    const { cert } = this.#current;
    if (cert === null) return null;
    const { validFrom, validTo } = new X509Certificate(cert);
    return { fromUnixMs: Date.parse(validFrom), throughUnixMs: Date.parse(validTo) };
  }

  /** When this side's certificate ends; null when it has none. */
  get expiresUnixMs(): UnixMs | null {
    return this.validity?.throughUnixMs ?? null;
  }

  /** Told of what has replaced the current ones. @returns what ends that */
  onChange(listener: (certificates: Certificates) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the files now. Certificate and key may be replaced one after the other: half a change is no change yet. */
  async refresh(): Promise<void> {
    try {
      const certificates = await readAll(this.#paths);
      if (isSame(certificates, this.#current)) return;
      check(this.#paths, certificates);
      this.#current = certificates;
      this.#lastFault = '';
      this.#log.info({ expiresUnixMs: this.expiresUnixMs }, 'certificates were replaced');
      for (const listener of this.#listeners) listener(certificates);
    } catch (error) {
      const fault = messageOf(error);
      if (fault !== this.#lastFault) this.#log.error({ reason: fault }, 'the certificates of before are kept');
      this.#lastFault = fault;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }
}

async function readAll({ ca, cert, key }: CertificatePaths): Promise<Certificates> {
  const [caPem, certPem, keyPem] = await Promise.all([ca, cert, key].map(read));
  return { ca: caPem ?? null, cert: certPem ?? null, key: keyPem ?? null };
}

async function read(path: string | null): Promise<Buffer | null> {
  if (path === null) return null;
  try {
    return await readFile(path);
  } catch (error) {
    throw new WeirError('TLS_CERTIFICATE', messageOf(error), { cause: error });
  }
}

function isSame(a: Certificates, b: Certificates): boolean {
  const same = (one: Buffer | null, other: Buffer | null) => one === other || (one && other && one.equals(other));
  return Boolean(same(a.ca, b.ca) && same(a.cert, b.cert) && same(a.key, b.key));
}

/** @throws WeirError TLS_CERTIFICATE */
function check(paths: CertificatePaths, { ca, cert, key }: Certificates): void {
  if (ca !== null) firstOf(ca, paths.ca);
  if (cert !== null) firstOf(cert, paths.cert);
  if (cert === null || key === null) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new WeirError('TLS_CERTIFICATE', `${paths.cert} with ${paths.key}: ${messageOf(error)}`, { cause: error });
  }
}

/** The first certificate of a chain. @throws WeirError TLS_CERTIFICATE */
function firstOf(pem: Buffer, path: string | null): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new WeirError('TLS_CERTIFICATE', `${path}: not a certificate in PEM`, { cause: error });
  }
}
