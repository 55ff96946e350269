import type { Address } from '../core/address.ts';
import type { PodRef } from '../core/identity.ts';
import { Dictionary, type NumberedEdge } from './dictionary.ts';

/** Gives each entry of a dictionary one number, when it is first asked for. */
export class Numbering {
  readonly dictionary = new Dictionary();
  readonly #pods = new Map<string, number>();
  readonly #addresses = new Map<Address, number>();
  readonly #names = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #edges = new Map<string, number>();

  pod(pod: PodRef): number {
    return numberOf(this.#pods, `${pod.uid} ${pod.namespace} ${pod.name}`, pod, this.dictionary.pods);
  }

  address(address: Address): number {
    return numberOf(this.#addresses, address, address, this.dictionary.addresses);
  }

  name(name: string): number {
    return numberOf(this.#names, name, name, this.dictionary.names);
  }

  reason(reason: string): number {
    return numberOf(this.#reasons, reason, reason, this.dictionary.reasons);
  }

  edge(edge: NumberedEdge): number {
    const { pod, role, protocol, directionBy, remote, port, seenAs, seenAsPort, name } = edge;
    const key = `${pod} ${role} ${protocol} ${directionBy} ${remote} ${port} ${seenAs} ${seenAsPort} ${name}`;
    let number = this.#edges.get(key);
    if (number === undefined) {
      number = this.dictionary.edges.add(edge);
      this.#edges.set(key, number);
    }
    return number;
  }
}

function numberOf<Key, Value>(numbers: Map<Key, number>, key: Key, value: Value, values: Value[]): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = values.push(value) - 1;
    numbers.set(key, number);
  }
  return number;
}

/** The numbers in one dictionary of the entries of another, each looked up once. */
export class Renumbering {
  readonly #from: Dictionary;
  readonly #to: Numbering;
  readonly #pods: number[] = [];
  readonly #addresses: number[] = [];
  readonly #names: number[] = [];
  readonly #reasons: number[] = [];

  constructor(from: Dictionary, to: Numbering) {
    this.#from = from;
    this.#to = to;
  }

  #address(number: number): number {
    return (this.#addresses[number] ??= this.#to.address(this.#from.addresses[number] as Address));
  }

  reason(number: number): number {
    return (this.#reasons[number] ??= this.#to.reason(this.#from.reasons[number] as string));
  }

  edge(number: number): number {
    const edge = this.#from.edges.at(number);
    const { pod, remote, seenAs, name } = edge;
    return this.#to.edge({
      ...edge,
      pod: (this.#pods[pod] ??= this.#to.pod(this.#from.pods[pod] as PodRef)),
      remote: this.#address(remote),
      seenAs: seenAs === 0 ? 0 : this.#address(seenAs - 1) + 1,
      name: name === 0 ? 0 : (this.#names[name - 1] ??= this.#to.name(this.#from.names[name - 1] as string)) + 1,
    });
  }
}
