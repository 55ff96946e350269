import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { kubeconfigFor } from '../../lab/kube-api/kubeconfig.ts';
import type { PodAccess } from '../../lab/kube-api/pod-access.ts';
import { groupVersionOf, knownResources } from '../../lab/kube-api/resources.ts';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { newFolder, selfSigned } from '../kube/certificates.ts';
import { root, type ToolFolder, toolFolders } from './helm.ts';
import { schemaFaults } from './kubernetes-types.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on. */
export interface Started {
  readonly match: RegExpExecArray;
  readonly stop: () => Promise<void>;
}

export interface ApiClusterOptions {
  /** Where it is, if not on the loopback address of this network namespace. */
  readonly at?: { readonly host: string; readonly listener: Server };
  /** What stands before each command, such as nsenter. */
  readonly within?: readonly string[];
  readonly hasKubelets?: boolean;
  readonly pods?: PodAccess;
}

const adminToken = 'token-of-admin';

/**
 * A cluster of which there is only the API: helm and kubectl work on it as its administrator, objects are held against
 * Kubernetes' schema, and everybody has the rights that stored roles give.
 */
export class ApiCluster {
  readonly api: KubeApi;
  readonly folder: string;
  readonly authority: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #within: readonly string[];

  static async start(t: Test, options: ApiClusterOptions = {}): Promise<ApiCluster> {
    const folder = newFolder(t);
    const { at, within = [], pods, hasKubelets = false } = options;
    const tls = selfSigned(folder, `IP:${at?.host ?? '127.0.0.1'}`);
    // Everything that there may be.
    const installed = [...new Set(knownResources.filter(({ custom }) => custom).map(groupVersionOf))];
    const api = await KubeApi.start({
      tls,
      installed,
      hasKubelets,
      authorizes: true,
      schema: schemaFaults,
      ...(pods === undefined ? {} : { pods }),
      ...at,
    });
    t.teardown(() => api.close());
    return new ApiCluster(api, folder, tls.cert, within);
  }

  private constructor(api: KubeApi, folder: string, authority: string, within: readonly string[]) {
    this.api = api;
    this.folder = folder;
    this.authority = authority;
    this.#within = within;
    api.accounts.tokens.set(adminToken, { username: 'admin', groups: ['system:masters'] });
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(api.url, adminToken, authority), { mode: 0o600 });
    symlinkSync(join(root, 'charts'), join(folder, 'charts'));
    const weir = ['#!/bin/sh', `exec ${process.execPath} ${join(root, 'dist', 'cli', 'main.js')} "$@"`, ''];
    writeFileSync(join(folder, 'weir'), weir.join('\n'), { mode: 0o755 });
    // helm and kubectl keep what discovery told them below the home.
    this.env = { ...process.env, HOME: folder, KUBECONFIG: kubeconfig };
    api.store.onChange(({ resource, before, after }) => {
      if (resource.kind === 'Namespace' && before === null && after !== null) this.#publish(after.metadata.name);
    });
    for (const name of ['default', 'kube-system', 'shop']) this.addNamespace(name);
  }

  addNamespace(name: string): void {
    const labels = { 'kubernetes.io/metadata.name': name };
    this.api.store.set({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
      status: { phase: 'Active' },
    });
  }

  /** What controllers of Kubernetes put into each namespace. */
  #publish(namespace: string): void {
    const metadata = { name: 'kube-root-ca.crt', namespace };
    this.api.store.set({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': this.authority } });
    this.api.store.set({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  }

  /**
   * Runs a line of a shell to its end, in which helm and kubectl are those of a folder of tools, and weir is ours. It runs
   * in a home of its own, with the charts of this project.
   */
  async sh(line: string, tools: ToolFolder = toolFolders[1]): Promise<Ran> {
    const limits = { maxBuffer: 32 << 20, timeout: 120_000 };
    return await new Promise((resolve) => {
      execFile(
        'env',
        [...this.#within, 'bash', '-c', line],
        { ...this.#place(tools), ...limits },
        (error, stdout, stderr) => {
          resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
        },
      );
    });
  }

  /**
   * Starts a command as a line with `&` at its end does. Resolves once it has said something, with what that was and with
   * how to end it. @throws Error when it ends before
   */
  async start(line: string, said: RegExp, tools: ToolFolder = toolFolders[1]): Promise<Started> {
    const argv = [...this.#within, 'bash', '-c', `exec ${line.replace(/ &$/, '')} 2>&1`];
    const child = spawn('env', argv, { ...this.#place(tools), stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let text = '';
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.stdout.on('data', (piece: Buffer) => {
        text += piece.toString();
        const found = said.exec(text);
        if (found !== null) resolve(found);
      });
      child.once('close', (status) => reject(new Error(`${line}: ended with ${status}: ${text}`)));
    });
    const stop = async () => {
      child.kill('SIGTERM');
      await closed;
    };
    return { match, stop };
  }

  #place(tools: ToolFolder) {
    const path = [join(root, '.tools', tools), this.folder, process.env['PATH']].join(':');
    return { env: { ...this.env, PATH: path }, cwd: this.folder };
  }

  /** As `sh`. @throws Error with what was said, when it fails */
  async must(line: string, tools: ToolFolder = toolFolders[1]): Promise<string> {
    const { status, stdout, stderr } = await this.sh(line, tools);
    if (status !== 0) throw new Error(`${line} (${tools}): ${status}\n${stderr}\n${stdout}`);
    return stdout;
  }
}
