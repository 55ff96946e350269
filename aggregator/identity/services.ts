import type { ServiceRef } from '../../core/identity.ts';
import type { EndpointSlice, Pod, Service } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { Backends } from './backends.ts';
import type { Changes } from './changes.ts';
import type { ServiceState } from './holders.ts';
import { type KnownPod, podKey, statedAddresses } from './known-pod.ts';
import { type KnownService, labelKey, newService, selectorKey } from './known-service.ts';
import type { Nodes } from './nodes.ts';
import type { Pods } from './pods.ts';
import { contributionOfPod } from './selector-targets.ts';
import { ServiceTimes } from './service-times.ts';
import { readSlice } from './slice-targets.ts';
import type { TimelineOptions } from './timeline.ts';
import { WaitingSlices } from './waiting-slices.ts';

/** The label by which an EndpointSlice names its Service. */
const serviceNameLabel = 'kubernetes.io/service-name';

/**
 * The Services of a cluster and which workloads are behind their ports. A Service's EndpointSlices say that where it has
 * any, else its selector does. What changes is gathered until `settle` makes it the state of a moment.
 */
export class Services {
  readonly times: ServiceTimes;
  readonly #pods: Pods;
  readonly #nodes: Nodes;
  /** By `namespace/name`. */
  readonly #byKey = new Map<string, KnownService>();
  /** Services that go by their selector, by one of its labels. */
  readonly #bySelector = new Map<string, Set<KnownService>>();
  readonly #waiting = new WaitingSlices();
  readonly #changed = new Set<KnownService>();

  constructor(pods: Pods, nodes: Nodes, options: TimelineOptions, changes: Changes) {
    this.#pods = pods;
    this.#nodes = nodes;
    this.times = new ServiceTimes(options, changes);
  }

  changeService(before: Service | null, after: Service | null): void {
    const { metadata } = (after ?? before) as Service;
    const known = this.#known(metadata);
    this.#unselect(known);
    known.service = after;
    this.#readAll(known);
    this.#dropUnneeded(known);
  }

  changeSlice(before: EndpointSlice | null, after: EndpointSlice | null): void {
    const [had, has] = [before, after].map((slice) => (slice === null ? null : this.#serviceOf(slice)));
    if (before !== null && had && had !== has) this.#setSlice(had, before.metadata.name, null);
    if (after !== null && has) this.#setSlice(has, after.metadata.name, after);
  }

  /** @param before the pod as it was, for the Services that selected it by other labels */
  changePod(before: Pod | null, known: KnownPod, isPresent: boolean): void {
    const { pod } = known;
    const candidates = new Set([pod, before].flatMap((each) => (each === null ? [] : this.#selectorsOf(each))));
    for (const each of candidates) {
      if (each.service === null) continue;
      const contribution = isPresent ? contributionOfPod(each.service, known) : null;
      if (each.backends.set(podKey(pod), contribution)) this.#changed.add(each);
    }
    if (this.#waiting.isEmpty) return;
    const { namespace, name } = pod.metadata;
    const lost = before === null ? [] : statedAddresses(before).own;
    for (const key of new Set([`${namespace}/${name}`, ...known.addresses, ...lost])) {
      for (const { service, slice } of this.#waiting.of(key)) this.#readSlice(service, slice);
    }
  }

  /** Makes what has changed the state from now on. */
  settle(nowUnixMs: UnixMs, alwaysSo: boolean): void {
    for (const known of this.#changed) this.times.update(known, nowUnixMs, alwaysSo);
    this.#changed.clear();
  }

  /** The Services that are in the cluster, with what is behind them. */
  *present(): Generator<ServiceState> {
    for (const { state } of this.#byKey.values()) if (state !== null) yield state;
  }

  #setSlice(known: KnownService, name: string, slice: EndpointSlice | null): void {
    const bySelector = known.slices.size === 0;
    if (slice === null) known.slices.delete(name);
    else {
      if (bySelector) this.#unselect(known);
      known.slices.set(name, slice);
    }
    if (bySelector || known.slices.size === 0) this.#readAll(known);
    else this.#readSlice(known, name);
    this.#dropUnneeded(known);
  }

  /** Reads everything behind a Service anew. */
  #readAll(known: KnownService): void {
    known.backends = new Backends();
    this.#changed.add(known);
    const { service, slices } = known;
    if (service === null) return;
    for (const name of slices.keys()) this.#readSlice(known, name);
    const key = selectorKey(known);
    if (key === null) return;
    const beside = this.#bySelector.get(key);
    if (beside === undefined) this.#bySelector.set(key, new Set([known]));
    else beside.add(known);
    for (const pod of this.#pods.inNamespace(service.metadata.namespace)) {
      const contribution = contributionOfPod(service, pod);
      if (contribution !== null) known.backends.set(podKey(pod.pod), contribution);
    }
  }

  #readSlice(known: KnownService, name: string): void {
    const { service, slices, backends } = known;
    const slice = slices.get(name);
    const reading = service && slice ? readSlice(service, slice, this.#pods, this.#nodes) : null;
    this.#waiting.set(known, name, reading?.waitsFor ?? []);
    if (backends.set(name, reading?.contribution ?? null)) this.#changed.add(known);
  }

  #selectorsOf({ metadata: { namespace, labels } }: Pod): KnownService[] {
    if (this.#bySelector.size === 0) return [];
    return Object.entries(labels).flatMap(([key, value]) => [
      ...(this.#bySelector.get(labelKey(namespace, key, value)) ?? []),
    ]);
  }

  #unselect(known: KnownService): void {
    const key = selectorKey(known);
    if (key === null) return;
    const beside = this.#bySelector.get(key);
    beside?.delete(known);
    if (beside?.size === 0) this.#bySelector.delete(key);
  }

  #serviceOf({ metadata: { namespace, labels } }: EndpointSlice): KnownService | null {
    const name = labels[serviceNameLabel];
    return name === undefined ? null : this.#known({ namespace, name });
  }

  #known({ namespace, name }: ServiceRef): KnownService {
    const key = `${namespace}/${name}`;
    let known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, (known = newService({ namespace, name })));
    return known;
  }

  #dropUnneeded({ ref, service, slices }: KnownService): void {
    if (service === null && slices.size === 0) this.#byKey.delete(`${ref.namespace}/${ref.name}`);
  }
}
