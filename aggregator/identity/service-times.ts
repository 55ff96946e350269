import type { Address } from '../../core/address.ts';
import type { UnixMs } from '../../core/time.ts';
import type { ServiceState } from './holders.ts';
import { addressesOf, type KnownService, type NodePort, nodePortsOf, stateOf } from './known-service.ts';
import { createdUnixMs } from './pods.ts';
import { type Interval, Timeline, type TimelineOptions } from './timeline.ts';

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

  constructor(options: TimelineOptions) {
    this.#addresses = new Timeline(options);
    this.#nodePorts = new Timeline(options);
    this.#states = new Timeline(options);
  }

  /** Makes a Service as it is now its state from now on. @returns the addresses that mean something else now */
  update(known: KnownService, nowUnixMs: UnixMs, alwaysSo: boolean): readonly Address[] {
    const { service, addresses: had, nodePorts: hadPorts, state: before } = known;
    const shown = alwaysSo ? -Infinity : nowUnixMs;
    const made = had.length === 0 && service !== null ? (createdUnixMs(service.metadata) ?? shown) : shown;
    const key = `${known.ref.namespace}/${known.ref.name}`;
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
    return known.addresses;
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

  #stateAt({ ref }: KnownService, unixMs: UnixMs): ServiceState | undefined {
    return holders(this.#states, `${ref.namespace}/${ref.name}`, unixMs)[0]?.value;
  }
}

/** Whoever holds a key at a moment; where nobody does, who was about to or had just given it up, in this order. */
function holders<Value>(timeline: Timeline<Value>, key: string, unixMs: UnixMs): readonly Interval<Value>[] {
  const found = timeline.at(key, unixMs);
  return found.length > 0 ? found : timeline.near(key, unixMs).slice(0, 1);
}
