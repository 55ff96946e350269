import type { Address } from '../../core/address.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Changes } from './changes.ts';
import type { ServiceState } from './holders.ts';
import { addressesOf, type KnownService, type NodePort, nodePortsOf, stateOf } from './known-service.ts';
import { Owner } from './owners.ts';
import { createdUnixMs } from './pods.ts';
import { type Interval, momentsOf, Timeline, type TimelineOptions } from './timeline.ts';

/** What a node's port stood for: a port of a Service. */
export interface NodePortMeaning {
  readonly state: ServiceState;
  readonly port: number;
}

/** Which Service an address, or a port of the nodes, stood for, and what was behind it at that moment. */
export class ServiceTimes {
  readonly #addresses: Timeline<KnownService>;
  readonly #nodePorts: Timeline<NodePort>;
  /** By `namespace/name`. */
  readonly #states: Timeline<ServiceState>;
  /** Services behind which something else was, at some moment, than was known. */
  #changed = new Set<string>();
  #nodePortsChanged = false;

  constructor(options: TimelineOptions, changes: Changes) {
    this.#addresses = new Timeline(options, changes.add);
    this.#nodePorts = new Timeline(options, () => {
      this.#nodePortsChanged = true;
    });
    this.#states = new Timeline(options, (key) => this.#changed.add(key));
  }

  /** Makes a Service as it is now its state from now on. */
  update(known: KnownService, nowUnixMs: UnixMs, alwaysSo: boolean): void {
    const { service, addresses: had, nodePorts: hadPorts, state: before } = known;
    const shown = alwaysSo ? -Infinity : nowUnixMs;
    const made = had.length === 0 && service !== null ? (createdUnixMs(service.metadata) ?? shown) : shown;
    const { key } = known;
    known.addresses = service === null ? [] : addressesOf(service);
    known.nodePorts = nodePortsOf(known);
    known.state = stateOf(known);

    if (before !== null) this.#states.release(key, before, nowUnixMs);
    if (known.state !== null) this.#states.hold(key, known.state, shown, nowUnixMs);
    for (const address of had) {
      if (!known.addresses.includes(address)) this.#addresses.release(address, known, nowUnixMs);
    }
    for (const address of known.addresses) {
      if (!had.includes(address)) this.#addresses.hold(address, known, made, nowUnixMs);
    }
    for (const [port, nodePort] of hadPorts) {
      if (known.nodePorts.get(port) !== nodePort) this.#nodePorts.release(port, nodePort, nowUnixMs);
    }
    for (const [port, nodePort] of known.nodePorts) {
      if (hadPorts.get(port) !== nodePort) this.#nodePorts.hold(port, nodePort, made, nowUnixMs);
    }
  }

  /** Chains of owners are others than they were. @param isMeant whether an owner is in one of them */
  ownersChanged(isMeant: (owner: Owner) => boolean): void {
    const leadsTo = ({ targets }: ServiceState) =>
      [...targets.values()].some((each) => each.some(({ backend }) => backend instanceof Owner && isMeant(backend)));
    for (const key of this.#states.heldBy(leadsTo)) this.#changed.add(key);
  }

  /** Tells of the addresses of Services that changed. @param nodes the addresses at which their ports on nodes are */
  tell(changes: Changes, nodes: () => Iterable<string>): void {
    const changed = this.#changed;
    if (changed.size > 0) {
      for (const address of this.#addresses.heldBy(({ key }) => changed.has(key))) changes.add(address);
      for (const _ of this.#nodePorts.heldBy(({ known }) => changed.has(known.key))) this.#nodePortsChanged = true;
    }
    if (this.#nodePortsChanged) for (const address of nodes()) changes.add(address);
    this.#changed = new Set();
    this.#nodePortsChanged = false;
  }

  /** When anything began or ended that an address, or a port of the nodes, leads to. */
  *moments(address: Address, ports: readonly string[]): Generator<UnixMs> {
    for (const each of this.#addresses.all(address)) yield* this.#momentsOf(each, each.value.key);
    for (const port of ports) {
      for (const each of this.#nodePorts.all(port)) yield* this.#momentsOf(each, each.value.known.key);
    }
  }

  *#momentsOf(interval: Interval<unknown>, key: string): Generator<UnixMs> {
    yield* momentsOf(interval);
    for (const state of this.#states.all(key)) yield* momentsOf(state);
  }

  /**
   * The Services with an address at a moment, as they were then: several where they share it, each with its own ports.
   */
  at(address: Address, unixMs: UnixMs): ServiceState[] {
    const states = holders(this.#addresses, address, unixMs).map(({ value }) => this.#stateAt(value, unixMs));
    return states.filter((state) => state !== undefined);
  }

  /** @param key `protocol/port` */
  nodePortAt(key: string, unixMs: UnixMs): NodePortMeaning | undefined {
    const [holder] = holders(this.#nodePorts, key, unixMs);
    if (holder === undefined) return undefined;
    const state = this.#stateAt(holder.value.known, unixMs);
    return state === undefined ? undefined : { state, port: holder.value.port };
  }

  forget(beforeUnixMs: UnixMs): void {
    for (const timeline of [this.#addresses, this.#nodePorts, this.#states]) timeline.forget(beforeUnixMs);
  }

  get forgottenEarly(): number {
    return this.#addresses.forgottenEarly + this.#nodePorts.forgottenEarly + this.#states.forgottenEarly;
  }

  #stateAt({ key }: KnownService, unixMs: UnixMs): ServiceState | undefined {
    return holders(this.#states, key, unixMs)[0]?.value;
  }
}

/** Whoever holds a key at a moment; where nobody does, who was about to or had just given it up, in this order. */
function holders<Value>(timeline: Timeline<Value>, key: string, unixMs: UnixMs): readonly Interval<Value>[] {
  const found = timeline.at(key, unixMs);
  return found.length > 0 ? found : timeline.near(key, unixMs).slice(0, 1);
}
