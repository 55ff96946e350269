import { type Cidr, parseCidr } from '../../core/address.ts';
import {
  type EndpointSlice,
  type KubernetesAny,
  type Node,
  type ObjectChange,
  type Pod,
  type Service,
  type ServiceCIDR,
} from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { Changes, type IdentityChange } from './changes.ts';
import { CidrSet } from './cidr-set.ts';
import type { IdentityOptions } from './identity-options.ts';
import { podKey } from './known-pod.ts';
import { Nodes } from './nodes.ts';
import { Owners } from './owners.ts';
import { Pods } from './pods.ts';
import { Services } from './services.ts';

/** The steps in which a set of changes is taken: what later ones refer to comes first. */
const steps: readonly ((kind: string) => boolean)[] = [
  (kind) => kind !== 'Pod' && kind !== 'EndpointSlice' && kind !== 'Service',
  (kind) => kind === 'Pod',
  (kind) => kind === 'EndpointSlice',
  (kind) => kind === 'Service',
];

/** Everything that says who is who in a cluster, kept up to date change by change. */
export class ClusterIndex {
  readonly pods: Pods;
  readonly nodes: Nodes;
  readonly services: Services;
  readonly serviceBlocks = new CidrSet();
  readonly #owners: Owners;
  readonly #changes = new Changes();
  readonly #memoryMs: number;
  #configuredServices: readonly Cidr[] = [];
  #isFirst = true;

  constructor({ podCidrs, serviceCidrs, memoryMs, maxGone, toleranceMs }: IdentityOptions) {
    const times = { toleranceMs, maxEnded: maxGone };
    this.#memoryMs = memoryMs;
    this.#owners = new Owners(maxGone);
    this.pods = new Pods(this.#owners, times, this.#changes);
    this.nodes = new Nodes(times, podCidrs, this.#changes);
    this.services = new Services(this.pods, this.nodes, times, this.#changes);
    this.#configureServices(serviceCidrs);
  }

  /** Replaces the configured blocks of pods and Services. @returns of whom another answer may be given now */
  configure(podCidrs: readonly Cidr[], serviceCidrs: readonly Cidr[], nowUnixMs: UnixMs): IdentityChange {
    this.nodes.configure(podCidrs, nowUnixMs);
    this.#configureServices(serviceCidrs);
    return this.#changes.take();
  }

  #configureServices(blocks: readonly Cidr[]): void {
    for (const block of blocks) this.serviceBlocks.add(block);
    for (const block of this.#configuredServices) this.serviceBlocks.remove(block);
    this.#configuredServices = blocks;
    this.#changes.addBlocks();
  }

  /** @returns of whom another answer may be given now */
  apply(changes: readonly ObjectChange[], nowUnixMs: UnixMs): IdentityChange {
    for (const takes of steps) {
      for (const change of changes) {
        if (takes(((change.after ?? change.before) as KubernetesAny).kind)) this.#take(change, nowUnixMs);
      }
    }
    this.services.settle(nowUnixMs, this.#isFirst);
    this.#isFirst = false;
    const oldest = nowUnixMs - this.#memoryMs;
    for (const each of [this.pods, this.nodes, this.services.times, this.#owners]) each.forget(oldest);
    const relinked = this.#owners.takeRelinked();
    if (relinked !== null) for (const each of [this.pods, this.services.times]) each.ownersChanged(relinked);
    this.services.times.tell(this.#changes, () => this.nodes.addresses());
    return this.#changes.take();
  }

  #take({ before, after }: ObjectChange, nowUnixMs: UnixMs): void {
    switch ((after ?? before)?.kind) {
      case 'Pod':
        return this.#takePod(before as Pod | null, after as Pod | null, nowUnixMs);
      case 'Node':
        return this.nodes.change(before as Node | null, after as Node | null, nowUnixMs, this.#isFirst);
      case 'EndpointSlice':
        return this.services.changeSlice(before as EndpointSlice | null, after as EndpointSlice | null);
      case 'Service':
        return this.services.changeService(before as Service | null, after as Service | null);
      case 'ServiceCIDR':
        return this.#takeBlocks(before as ServiceCIDR | null, after as ServiceCIDR | null);
      default:
        if (after !== null && 'template' in after) this.#owners.set(after);
        else if (before !== null && 'template' in before) this.#owners.remove(before, nowUnixMs);
    }
  }

  #takePod(before: Pod | null, after: Pod | null, nowUnixMs: UnixMs): void {
    if (before !== null && (after === null || podKey(before) !== podKey(after))) {
      const gone = this.pods.remove(before, nowUnixMs);
      if (gone !== undefined) this.services.changePod(before, gone, false);
    }
    if (after === null) return;
    const known = this.pods.set(after, nowUnixMs, this.#isFirst);
    this.services.changePod(before, known, true);
  }

  #takeBlocks(before: ServiceCIDR | null, after: ServiceCIDR | null): void {
    const blocksOf = (object: ServiceCIDR | null) =>
      (object?.spec.cidrs ?? []).map(parseCidr).filter((block) => block !== null);
    for (const block of blocksOf(after)) if (this.serviceBlocks.add(block)) this.#changes.addBlocks();
    for (const block of blocksOf(before)) if (this.serviceBlocks.remove(block)) this.#changes.addBlocks();
  }
}
