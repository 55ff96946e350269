import type { TestNode } from '../agent/node-fixture.ts';
import type { Kubelet } from './kubelet.ts';

/** Where the server listens. */
export const trafficPort = 8080;

/** What one pod says to another, over connections that are counted. */
export class PodTraffic {
  readonly #connect: (id: string) => Promise<void>;
  #made = 0;

  /** Two pods in the namespace shop, client and server. */
  static async start(node: TestNode, kubelet: Kubelet): Promise<PodTraffic> {
    const [client, server] = [kubelet.addPod('shop', 'client'), kubelet.addPod('shop', 'server')];
    await node.startPython(server, 'hear', 'tcp', '0.0.0.0', trafficPort);
    const say = await node.startPython(client, 'speak');
    return new PodTraffic((id) =>
      say.must(`${id} tcp ${server.address} ${trafficPort}`, `${id} send 10`, `${id} close`),
    );
  }

  private constructor(connect: (id: string) => Promise<void>) {
    this.#connect = connect;
  }

  /** Connections so far. */
  get made(): number {
    return this.#made;
  }

  async connect(times: number): Promise<void> {
    for (const end = this.#made + times; this.#made < end; this.#made++) await this.#connect(`c${this.#made}`);
  }
}
