import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, WeirError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/time.ts';
import type { ClusterEntry, ExecConfig } from './kubeconfig-schema.ts';

/*
 * Credentials from a program, as the API documents it
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 */

const apiVersions = new Set(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']);
const timeoutMs: Milliseconds = 60_000;
const maxOutputBytes = 1 << 20;
/** A credential is replaced before it expires, so that it does not do so on its way. */
const leewayMs: Milliseconds = 10_000;

/** What a program gave: a token, a client certificate, or both. */
export interface ExecCredential {
  readonly token: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

const text = z.string().min(1).nullish();

const execCredential = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z
    .object({
      token: text,
      clientCertificateData: text,
      clientKeyData: text,
      expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    })
    .refine((status) => status.token || status.clientCertificateData, 'has neither token nor client certificate')
    .refine((status) => !status.clientCertificateData === !status.clientKeyData, 'has half a client certificate'),
});

export interface ExecPluginOptions {
  readonly config: ExecConfig;
  /** The kubeconfig file, by whose folder a relative command is found. */
  readonly file: string;
  /** The name of the user that the plugin speaks for. */
  readonly user: string;
  readonly cluster: ClusterEntry;
  /** The authority in PEM; null for the system's. */
  readonly ca: string | null;
  readonly clock: Clock;
}

/** Runs the program of a kubeconfig, and again once what it gave has expired or was not accepted. */
export class ExecPlugin {
  readonly #options: ExecPluginOptions;
  #known: { readonly credential: ExecCredential; readonly expiresUnixMs: number } | null = null;
  #running: Promise<ExecCredential> | null = null;

  /** @throws WeirError KUBE_ACCESS for a protocol that is not spoken */
  constructor(options: ExecPluginOptions) {
    this.#options = options;
    const { apiVersion, interactiveMode } = options.config;
    if (!apiVersions.has(apiVersion)) {
      throw this.#error(`exec.apiVersion ${apiVersion} is not supported; use client.authentication.k8s.io/v1`);
    }
    if (interactiveMode === 'Always') throw this.#error('exec.interactiveMode Always needs a terminal; there is none');
  }

  forget(): void {
    this.#known = null;
  }

  /** @throws WeirError KUBE_ACCESS */
  async credential(): Promise<ExecCredential> {
    const { clock } = this.#options;
    if (this.#known !== null && clock.now() < this.#known.expiresUnixMs - leewayMs) return this.#known.credential;
    // Several watches ask at once; the program runs once for all of them.
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return await this.#running;
  }

  async #run(): Promise<ExecCredential> {
    const output = await this.#execute();
    const read = execCredential.safeParse(parseJson(output));
    if (!read.success) {
      const issue = read.error.issues[0];
      const where = issue?.path.join('.') || 'its output';
      throw this.#error(`${where}: ${issue?.message ?? 'not an ExecCredential'}`);
    }
    const { apiVersion, status } = read.data;
    if (apiVersion !== this.#options.config.apiVersion) {
      throw this.#error(`answered in ${apiVersion}, not in ${this.#options.config.apiVersion}`);
    }
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = status;
    const credential = { token: token ?? null, cert: clientCertificateData ?? null, key: clientKeyData ?? null };
    const expiresUnixMs = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY;
    this.#known = { credential, expiresUnixMs };
    return credential;
  }

  #execute(): Promise<string> {
    const { config, file } = this.#options;
    const command = config.command.includes('/') ? resolve(dirname(file), config.command) : config.command;
    const own = Object.fromEntries((config.env ?? []).map(({ name, value }) => [name, value]));
    const env = { ...process.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(this.#info()) };
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes } as const;
    return new Promise((resolvePromise, reject) => {
      const child = execFile(command, config.args ?? [], options, (error, stdout, stderr) => {
        if (error === null) {
          resolvePromise(stdout);
          return;
        }
        const hint = config.installHint ? `; ${config.installHint}` : '';
        const why =
          error.killed === true ? `did not end within ${timeoutMs / 1000} s` : messageOf(error).split('\n')[0];
        const said = stderr.trim().split('\n').at(-1) ?? '';
        reject(this.#error(`${why}${said === '' ? '' : ` (${said})`}${hint}`));
      });
      child.stdin?.end();
    });
  }

  /** What the program is told. */
  #info(): object {
    const { config, cluster, ca } = this.#options;
    const info = {
      server: cluster.server,
      ...(cluster['tls-server-name'] ? { 'tls-server-name': cluster['tls-server-name'] } : {}),
      ...(cluster['insecure-skip-tls-verify'] ? { 'insecure-skip-tls-verify': true } : {}),
      ...(ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    };
    const spec = { interactive: false, ...(config.provideClusterInfo ? { cluster: info } : {}) };
    return { apiVersion: config.apiVersion, kind: 'ExecCredential', spec };
  }

  #error(what: string): WeirError {
    const { file, user, config } = this.#options;
    return new WeirError('KUBE_ACCESS', `${file}: users[${user}].exec ${config.command}: ${what}`);
  }
}

/** Undefined for what is no JSON: no schema takes it. */
function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
