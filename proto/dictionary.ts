import type { Address } from '../core/address.ts';
import {
  type DirectionEvidence,
  directionEvidence,
  type Endpoint,
  type Protocol,
  protocols,
  type Role,
} from '../core/flow.ts';
import type { PodRef } from '../core/identity.ts';

/** In the order of their numbers in weir.v1, less one; so are core's protocols and kinds of evidence. */
export const roles = ['client', 'server'] as const satisfies readonly Role[];

/** One edge by numbers. `seenAs` and `name` are numbers plus 1, and 0 for none. */
export interface NumberedEdge {
  readonly pod: number;
  readonly role: number;
  readonly protocol: number;
  readonly directionBy: number;
  readonly remote: number;
  readonly port: number;
  readonly seenAs: number;
  readonly seenAsPort: number;
  readonly name: number;
}

const firstCapacity = 64;
/** What entries take besides their characters, objects and places in arrays and maps; measured, rounded up. */
const [podBytes, textBytes, edgeBytes] = [200, 64, 128];

function grown<Column extends Uint8Array | Uint16Array | Uint32Array>(column: Column): Column {
  const larger = new (column.constructor as new (length: number) => Column)(Math.ceil(column.length * 1.25));
  larger.set(column);
  return larger;
}

/** Edges by their number, one typed array for each of their parts. Only ever appended to. */
export class EdgeTable {
  #length = 0;
  #largestRemote = -1;
  pod = new Uint32Array(firstCapacity);
  role = new Uint8Array(firstCapacity);
  protocol = new Uint8Array(firstCapacity);
  directionBy = new Uint8Array(firstCapacity);
  remote = new Uint32Array(firstCapacity);
  port = new Uint16Array(firstCapacity);
  seenAs = new Uint32Array(firstCapacity);
  seenAsPort = new Uint16Array(firstCapacity);
  name = new Uint32Array(firstCapacity);

  get length(): number {
    return this.#length;
  }

  /** The largest number of a far end's address; -1 when there is no edge. */
  get largestRemote(): number {
    return this.#largestRemote;
  }

  /** @returns its number */
  add(edge: NumberedEdge): number {
    const at = this.#length++;
    if (at === this.pod.length) this.#grow();
    this.pod[at] = edge.pod;
    this.role[at] = edge.role;
    this.protocol[at] = edge.protocol;
    this.directionBy[at] = edge.directionBy;
    this.remote[at] = edge.remote;
    this.#largestRemote = Math.max(this.#largestRemote, edge.remote);
    this.port[at] = edge.port;
    this.seenAs[at] = edge.seenAs;
    this.seenAsPort[at] = edge.seenAsPort;
    this.name[at] = edge.name;
    return at;
  }

  #grow(): void {
    this.pod = grown(this.pod);
    this.role = grown(this.role);
    this.protocol = grown(this.protocol);
    this.directionBy = grown(this.directionBy);
    this.remote = grown(this.remote);
    this.port = grown(this.port);
    this.seenAs = grown(this.seenAs);
    this.seenAsPort = grown(this.seenAsPort);
    this.name = grown(this.name);
  }

  /** @param edge a number below length */
  at(edge: number): NumberedEdge {
    return {
      pod: this.pod[edge] as number,
      role: this.role[edge] as number,
      protocol: this.protocol[edge] as number,
      directionBy: this.directionBy[edge] as number,
      remote: this.remote[edge] as number,
      port: this.port[edge] as number,
      seenAs: this.seenAs[edge] as number,
      seenAsPort: this.seenAsPort[edge] as number,
      name: this.name[edge] as number,
    };
  }
}

/** How many entries of each kind there are. */
export interface DictionarySizes {
  readonly pods: number;
  readonly addresses: number;
  readonly names: number;
  readonly reasons: number;
  readonly edges: number;
}

/** A moment in the growth of a dictionary. */
export interface DictionaryMark extends DictionarySizes {
  readonly largestRemote: number;
}

/** An edge's parts as the rest of Weir has them. */
export interface EdgeParts {
  readonly pod: PodRef;
  readonly role: Role;
  readonly protocol: Protocol;
  readonly directionBy: DirectionEvidence;
  readonly remote: Address;
  readonly port: number;
  readonly seenAs: Endpoint | null;
  readonly remoteName: string | null;
}

/** What the numbers of a batch refer to. Entries are only ever added, so what was read before stays right. */
export class Dictionary {
  readonly pods: PodRef[] = [];
  readonly addresses: Address[] = [];
  readonly names: string[] = [];
  readonly reasons: string[] = [];
  readonly edges = new EdgeTable();
  readonly #namesAlone: (readonly string[])[] = [];
  /** Of the texts that were measured: all of those before these numbers. */
  #measured = { pods: 0, names: 0, reasons: 0, characters: 0 };

  /** About how many bytes it takes, with what whoever reads it keeps for each edge. */
  get bytes(): number {
    const { pods, names, reasons, addresses, edges } = this;
    let { characters } = this.#measured;
    for (let at = this.#measured.pods; at < pods.length; at++) {
      const { namespace, name, uid } = pods[at] as PodRef;
      characters += namespace.length + name.length + uid.length;
    }
    for (let at = this.#measured.names; at < names.length; at++) characters += (names[at] as string).length;
    for (let at = this.#measured.reasons; at < reasons.length; at++) characters += (reasons[at] as string).length;
    this.#measured = { pods: pods.length, names: names.length, reasons: reasons.length, characters };
    const entries = pods.length * podBytes + (names.length + reasons.length + addresses.length) * textBytes;
    return characters + entries + edges.length * edgeBytes;
  }

  /** A name as a list of one, the same for all who have no other. @param name its number */
  nameAlone(name: number): readonly string[] {
    return (this.#namesAlone[name] ??= [this.names[name] as string]);
  }

  get sizes(): DictionarySizes {
    const { pods, addresses, names, reasons, edges } = this;
    return {
      pods: pods.length,
      addresses: addresses.length,
      names: names.length,
      reasons: reasons.length,
      edges: edges.length,
    };
  }

  get mark(): DictionaryMark {
    return { ...this.sizes, largestRemote: this.edges.largestRemote };
  }

  /** @param edge a number of this dictionary's */
  partsOf(edge: number): EdgeParts {
    const { pod, role, protocol, directionBy, remote, port, seenAs, seenAsPort, name } = this.edges.at(edge);
    return {
      pod: this.pods[pod] as PodRef,
      role: roles[role] as Role,
      protocol: protocols[protocol] as Protocol,
      directionBy: directionEvidence[directionBy] as DirectionEvidence,
      remote: this.addresses[remote] as Address,
      port,
      seenAs: seenAs === 0 ? null : { address: this.addresses[seenAs - 1] as Address, port: seenAsPort },
      remoteName: name === 0 ? null : (this.names[name - 1] as string),
    };
  }
}

const clientRole = roles.indexOf('client');

/** For each edge 1 where a client reports it, and 0 where a server does. */
export function clientsIn(
  edges: Uint32Array,
  { edges: { role } }: Dictionary,
  isClient: Uint8Array = new Uint8Array(edges.length),
): Uint8Array {
  for (let i = 0; i < edges.length; i++) isClient[i] = role[edges[i] as number] === clientRole ? 1 : 0;
  return isClient;
}
