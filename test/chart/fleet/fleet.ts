import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../../../lab/kube-api/server.ts';
import { resourceOf } from '../../../lab/kube-api/resources.ts';
import { requestToken } from '../../../lab/kube-api/service-tokens.ts';
import { type InsideProcess } from '../../agent/inside-process.ts';
import type { TestNode } from '../../agent/node-fixture.ts';
import { sumsOf } from '../../aggregator/chaos/ledger.ts';

export interface FleetConfig {
  readonly cluster: string;
  readonly address: string;
  readonly serverName: string;
  readonly authorityFile: string;
  /** Of the first window. */
  readonly startUnixMs: number;
  readonly agents: readonly { readonly node: number; readonly tokenFile: string; readonly spoolFolder: string }[];
}

export interface Progress {
  readonly acknowledged: number;
  readonly pending: number;
  /** That each agent has made. */
  readonly windows: readonly number[];
}

const main = join(import.meta.dirname, 'main.js');

/** The agents of other nodes: each with a pod of the DaemonSet's, and with the token of that. */
export class Fleet {
  readonly #node: TestNode;
  readonly #api: KubeApi;
  readonly #config: FleetConfig;
  #process: InsideProcess | null = null;

  /** @param nodes numbers that stand in their names @param audience for whom their tokens are made */
  constructor(
    api: KubeApi,
    node: TestNode,
    nodes: readonly number[],
    audience: string,
    config: Omit<FleetConfig, 'agents'>,
  ) {
    this.#api = api;
    this.#node = node;
    const agents = nodes.map((number) => {
      const folder = join(node.folder, 'fleet', String(number));
      mkdirSync(folder, { recursive: true });
      const tokenFile = join(folder, 'token');
      this.#addNode(number);
      writeFileSync(tokenFile, this.#tokenOf(number, audience));
      return { node: number, tokenFile, spoolFolder: join(folder, 'spool') };
    });
    this.#config = { ...config, agents };
    this.removeNodes();
  }

  #podOf(number: number) {
    const metadata = { name: `weir-agent-n${number}`, namespace: 'weir' };
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: `n${number}`, containers: [] } };
  }

  #addNode(number: number): void {
    this.#api.store.set({ apiVersion: 'v1', kind: 'Node', metadata: { name: `n${number}` } });
    this.#api.store.set(this.#podOf(number));
  }

  /** Takes the nodes out of the cluster. */
  removeNodes(): void {
    for (const { node } of this.#config.agents) {
      this.#api.store.delete({ apiVersion: 'v1', kind: 'Node', metadata: { name: `n${node}` } });
      this.#api.store.delete(this.#podOf(node));
    }
  }

  #tokenOf(number: number, audience: string): string {
    const resource = resourceOf('v1', 'ServiceAccount');
    if (resource === null) throw new Error('the server has no service accounts');
    const target = { resource, namespace: 'weir', name: 'weir-agent', subresource: 'token' };
    const boundObjectRef = { kind: 'Pod', name: this.#podOf(number).metadata.name };
    const answer = requestToken(this.#api.store, this.#api.accounts, target, {
      spec: { audiences: [audience], boundObjectRef },
    }) as { readonly status: { readonly token: string } };
    return answer.status.token;
  }

  /** Lets all of them send, each from where it ended. */
  start(): void {
    for (const { node } of this.#config.agents) this.#addNode(node);
    this.#process = this.#node.start(this.#node, [process.execPath, main, JSON.stringify(this.#config)]);
  }

  /** What they have done so far, when it is as it should be. */
  async until(holds: (progress: Progress) => boolean): Promise<Progress> {
    for (;;) {
      const [line = ''] = (await this.#process?.until(/^\{.*\}\n/m)) ?? [];
      const progress = JSON.parse(line) as Progress;
      if (holds(progress)) return progress;
      await sleep(0);
    }
  }

  /** Lets them end as soon as all that they have made is acknowledged. @returns the connections that each edge then has */
  async finish(): Promise<Readonly<Record<string, number>>> {
    const running = this.#process;
    if (running === null) throw new Error('no agent runs');
    running.signal('SIGTERM');
    const lines = (await running.finish()).trim().split('\n');
    this.#process = null;
    const { windows } = JSON.parse(lines.at(-1) ?? '') as Progress;
    const { startUnixMs, agents } = this.#config;
    const sums = agents.flatMap(({ node }, place) => [...sumsOf({ node, windows: windows[place] ?? 0, startUnixMs })]);
    this.removeNodes();
    return Object.fromEntries(sums);
  }
}
