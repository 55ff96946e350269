import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { Authority } from '../tls/authority.ts';

const run = promisify(execFile);

/** Why no registry can be run here; false when one can. In the form of tap's `skip` option. */
export function whyNoRegistry(): string | false {
  const missing = ['skopeo', 'docker-registry'].find((each) => spawnSync(each, ['--version']).status !== 0);
  return missing !== undefined && `${missing} is not installed`;
}

/** A registry of images in a network of its own, where it has the name and the port that an image's name says. */
export class Registry {
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  #said = '';

  private constructor(child: ChildProcess, env: NodeJS.ProcessEnv) {
    this.#child = child;
    this.#env = env;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  /** Starts one that ends with the test, and keeps nothing. @param host as in `host/image:tag` */
  static async start(t: Test, host: string): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-registry-'));
    const authority = new Authority(t);
    const { cert, key } = authority.write(authority.issue(`DNS:${host}`), 'registry');
    const [hosts, config] = [join(folder, 'hosts'), join(folder, 'config.yml')];
    writeFileSync(hosts, `127.0.0.1 ${host}\n`);
    const storage = { filesystem: { rootdirectory: join(folder, 'images') } };
    const http = { addr: '127.0.0.1:443', secret: 'of the test', tls: { certificate: cert, key } };
    writeFileSync(config, stringify({ version: '0.1', storage, http }));
    // Whatever policy and proxies this machine has for images.
    mkdirSync(join(folder, '.config', 'containers'), { recursive: true });
    const policy = { default: [{ type: 'insecureAcceptAnything' }] };
    writeFileSync(join(folder, '.config', 'containers', 'policy.json'), JSON.stringify(policy));
    const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, SSL_CERT_FILE: authority.certFile };

    const script = `ip link set lo up; mount --bind ${hosts} /etc/hosts; exec docker-registry serve ${config}`;
    const own = ['--net', '--mount', '--propagation', 'slave', 'bash', '-euc', script];
    const child = spawn('unshare', own, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    t.teardown(async () => {
      if (child.exitCode === null && child.kill()) await once(child, 'close');
      rmSync(folder, { recursive: true, force: true });
    });
    const registry = new Registry(child, env);
    await registry.#listening();
    return registry;
  }

  /** @throws Error with its last words if it ends first */
  async #listening(): Promise<void> {
    while (!this.#said.includes('listening on')) {
      if (this.#child.exitCode !== null) throw new Error(this.#said.slice(-2000));
      await Promise.race([once(this.#child.stderr as NodeJS.ReadableStream, 'data'), once(this.#child, 'exit')]);
    }
  }

  /** Runs a line of a shell where the registry can be reached. @returns what it prints. @throws Error when it fails */
  async sh(line: string, folder: string): Promise<string> {
    const words = [`--target=${this.#child.pid}`, '--net', '--mount', `--wd=${folder}`, 'bash', '-euc', line];
    const { stdout } = await run('nsenter', words, { env: this.#env });
    return stdout;
  }
}
