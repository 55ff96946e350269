import { execFileSync } from 'node:child_process';
import tap, { type Test } from 'tap';
import type { LabNode, LabPod } from '../../lab/cluster.ts';
import type { CniName } from '../../lab/cni/cni.ts';
import { Lab } from '../../lab/lab.ts';
import { tryEnforcement } from './enforcement.ts';
import { leftOf, nothingLeft } from './left.ts';
import { whyNoLab } from './privileged.ts';
import { tryProof } from './proof.ts';

/** A link as `ip -json -details link` shows it. */
export interface ShownLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
}

/** Runs a command in a node's namespace and gives what it printed. */
export function onNode({ netnsPath }: Pick<LabNode, 'netnsPath'>, ...argv: readonly string[]): string {
  return execFileSync('nsenter', [`--net=${netnsPath}`, ...argv], { encoding: 'utf8', timeout: 20_000 });
}

export function linksOf(node: Pick<LabNode, 'netnsPath'>): Map<string, ShownLink> {
  const links = JSON.parse(onNode(node, 'ip', '-json', '-details', 'link', 'show')) as ShownLink[];
  return new Map(links.map((link) => [link.ifname, link]));
}

export function podsOn(lab: Lab, node: LabNode): LabPod[] {
  return lab.pods.filter((pod) => pod.node === node.name);
}

/** Names of links, without what is the same everywhere. */
export function namesOf(links: ReadonlyMap<string, ShownLink>): string[] {
  return [...links.keys()].filter((name) => name !== 'lo').toSorted();
}

async function tryHairpin(t: Test, lab: Lab): Promise<void> {
  const redis = lab.pods.find(({ name }) => name === 'redis-0') as LabPod;
  const tcp = { kind: 'tcp', host: '10.96.30.10', port: 6379, source: null } as const;
  t.strictSame(await lab.attempt(redis, [tcp], 1500), [null], 'over TCP');
  // Two pods are behind this one: some of so many attempts lead each of them to itself.
  const quotes = Array.from({ length: 8 }, () => ({ kind: 'quote', host: '10.96.20.14', port: 7000 }) as const);
  for (const pod of lab.pods.filter(({ workload }) => workload.name === 'currency')) {
    t.strictSame(new Set(await lab.attempt(pod, quotes, 1500)), new Set([null]), 'over UDP');
  }
}

/**
 * Builds a lab with two nodes of one CNI, looks at what is that CNI's own, and tries what each of them has to do. All in
 * one lab: to build it takes longest.
 */
export async function tryCni(cni: CniName, own: (t: Test, lab: Lab) => void | Promise<void>): Promise<void> {
  tap.setTimeout(240_000);
  await tap.test(`a lab wired as ${cni} wires pods`, { skip: whyNoLab() }, async (suite) => {
    const lab = await Lab.start({ name: cni, cni });
    suite.teardown(() => lab.stop());
    await suite.test('the nodes look like those of this CNI', async (t) => own(t, lab));
    await suite.test('every expected edge can be walked, through its Service and to each pod', async (t) => {
      const { ok, failed } = await lab.checkLegitimate();
      t.strictSame(failed, []);
      t.ok(ok > lab.expectedEdges().length, `${ok} attempts`);
    });
    await suite.test('a pod reaches itself through its own Service', async (t) => tryHairpin(t, lab));
    await suite.test('what was generated is enforced as computed', async (t) => tryProof(t, lab, cni));
    await lab.unenforce();
    await tryEnforcement(suite, lab);
    await lab.stop();
    suite.strictSame(leftOf(cni), nothingLeft, 'nothing is left');
  });
}
