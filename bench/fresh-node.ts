import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Milliseconds, UnixMs } from '../core/time.ts';
import { AgentProcess } from '../test/agent/agent-process.ts';
import { TestNode, whyNoKernel } from '../test/agent/node-fixture.ts';
import type { TestPod } from '../test/agent/pod-wiring.ts';
import { podYaml } from '../test/aggregator/cluster-fixture.ts';
import { AggregatorProcess, type Listening } from '../test/aggregator/process.ts';
import type { Run } from './bench.ts';
import { comesToHold } from './waiting.ts';

const startWithinMs = 30_000;
const firstPort = 20_000;

/** A node with two pods, its agent, and the aggregator that it reports to, each a process of its own. */
export class FreshNode {
  readonly listening: Listening;
  readonly #run: Run;
  readonly #node: TestNode;
  readonly #client: TestPod;
  readonly #server: TestPod;

  private constructor(run: Run, node: TestNode, [client, server]: readonly [TestPod, TestPod], listening: Listening) {
    this.#run = run;
    this.listening = listening;
    this.#node = node;
    this.#client = client;
    this.#server = server;
  }

  /** Makes them and waits until the agent watches both pods; they go when the bench ends. */
  static async make(run: Run, windowMs: Milliseconds): Promise<FreshNode> {
    const reason = whyNoKernel();
    if (reason !== false) throw new Error(`nothing can be measured here: ${reason}`);
    const node = new TestNode();
    run.undo.later(() => node.remove());
    const pods = [node.addPod('client'), node.addPod('server')] as const;
    const { folder } = node;
    mkdirSync(join(folder, 'cluster'));
    const manifests = pods.map(({ name, address }) => podYaml({ name, ip: address, namespace: 'test' }));
    writeFileSync(join(folder, 'cluster', 'pods.yaml'), manifests.join('\n---\n'));
    const address = `unix:${join(folder, 'aggregator.sock')}`;
    const listen = ['--listen', address, '--metrics-listen', '127.0.0.1:0'];
    const cluster = ['--cluster', 'test', '--cluster-files', join(folder, 'cluster')];
    const aggregator = await AggregatorProcess.start([...listen, ...cluster, '--database', join(folder, 'weir.db')]);
    run.undo.later(async () => void (await aggregator.end('SIGTERM')));
    const agent = new AgentProcess(node, address, ['--window', `${windowMs}ms`]);
    run.undo.later(async () => void (await agent.stop()));
    const isWatching = () => {
      if (agent.exitStatus !== null) throw new Error(`the agent ended:\n${agent.log.slice(-2000)}`);
      return agent.lines.some(({ msg, interfaces }) => msg === 'watching' && interfaces === pods.length);
    };
    if (!(await comesToHold(isWatching, startWithinMs, run.abort))) {
      throw new Error(`the agent does not watch both pods:\n${agent.log.slice(-2000)}`);
    }
    return new FreshNode(run, node, pods, aggregator.listening);
  }

  /**
   * Opens connections from one pod to the other at moments drawn evenly from a span that begins now, each to a port of
   * its own. @returns when each was opened, by port
   */
  async connect(connections: number, spanMs: Milliseconds): Promise<ReadonlyMap<number, UnixMs>> {
    const ports = `Array.from({ length: ${connections} }, (_, i) => ${firstPort} + i)`;
    await this.#node.serve(
      this.#server,
      `import { createServer } from 'node:net';
      import { once } from 'node:events';
      const servers = ${ports}.map((port) => createServer((socket) => socket.end()).listen(port, '0.0.0.0'));
      await Promise.all(servers.map((server) => once(server, 'listening')));
      console.log('ready');`,
    );
    const client = this.#node.start(this.#client, [
      process.execPath,
      '--input-type=module',
      '--eval',
      `import { connect } from 'node:net';
      import { once } from 'node:events';
      import { setTimeout as sleep } from 'node:timers/promises';
      await Promise.all(${ports}.map(async (port) => {
        await sleep(Math.random() * ${spanMs});
        const openedUnixMs = Date.now();
        const socket = connect(port, '${this.#server.address}');
        await once(socket, 'connect');
        console.log(port, openedUnixMs);
        socket.resume();
        await once(socket, 'close');
      }));`,
    ]);
    this.#run.abort.addEventListener('abort', () => client.kill(), { once: true });
    const lines = (await client.finish()).trim().split('\n');
    return new Map(lines.map((line) => line.split(' ').map(Number) as [number, UnixMs]));
  }
}
