import { spawnSync } from 'node:child_process';
import { type Address } from '../../core/address.ts';
import type { Place } from './inside-process.ts';
import { addressOf, ipBatch, routerSettings, writeSettings } from './namespaces.ts';
import type { TestNode } from './node-fixture.ts';

const router = '172.30.0.1';
const router6 = 'fd00:30::1';

/** What lies between nodes, and beyond them: a network, and a host outside the cluster that has addresses there. */
export class Underlay implements Place {
  readonly netns: string;
  readonly address: Address = addressOf('203.0.113.10');
  readonly address6: Address = addressOf('2001:db8::10');

  /** Joins nodes; each gets an uplink eth0 and routes to the others' pods and to everything else. */
  constructor(nodes: readonly TestNode[]) {
    this.netns = `${nodes[0]?.netns}-outside`;
    ipBatch(null, [`netns add ${this.netns}`]);
    writeSettings(this.netns, routerSettings);
    ipBatch(this.netns, [
      'link set lo up',
      `addr add ${this.address}/32 dev lo`,
      `addr add ${this.address6}/128 dev lo`,
      'link add underlay type bridge',
      'link set underlay up',
      `addr add ${router}/24 dev underlay`,
      `addr add ${router6}/64 dev underlay nodad`,
      ...nodes.flatMap((node, i) => [
        `link add to-node-${i} type veth peer name eth0 netns ${node.netns}`,
        `link set to-node-${i} master underlay`,
        `link set to-node-${i} up`,
      ]),
      ...nodes.flatMap(podRoutes),
    ]);
    for (const node of nodes) {
      ipBatch(node.netns, [
        `addr add ${node.address}/24 dev eth0`,
        `addr add ${node.address6}/64 dev eth0 nodad`,
        'link set eth0 up',
        `route add default via ${router}`,
        `route add default via ${router6}`,
        ...nodes.filter((other) => other !== node).flatMap(podRoutes),
      ]);
    }
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.netns]);
  }
}

function podRoutes({ podCidr, podCidr6, address, address6 }: TestNode): string[] {
  return [`route add ${podCidr} via ${address}`, `route add ${podCidr6} via ${address6}`];
}
