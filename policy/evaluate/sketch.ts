import { protocols } from '../../core/flow.ts';
import type { CompiledPeer, CompiledRule } from './compile.ts';
import { type Demands, has, nothingDemanded } from './demands.ts';
import { anyBlock, blockText } from './label-index.ts';

/** Rules in short: enough to tell of most that they do not match, in few numbers that are read one after another. */
export interface Sketches {
  /** Five a rule: protocols as bits, lowest and highest port, and where its demands begin and end. */
  readonly rules: Int32Array;
  /** A peer may match where the end has one of them. */
  readonly demands: Int32Array;
}

/** Of these an end has one if the peer may match it; null stands for what every end has. */
export function demandsOf(peer: CompiledPeer): readonly (string | null)[] {
  return peer.type === 'pods' ? [peer.demanded] : [blockText(peer.block.cidr.text), anyBlock];
}

/** The protocols that a rule may cover, as bits, and the lowest and highest port. */
function spanOf(ports: CompiledRule['ports']): [protocolBits: number, lowest: number, highest: number] {
  const every = 2 ** protocols.length - 1;
  if (ports === null) return [every, 0, 65535];
  const span: [number, number, number] = [0, 65535, 0];
  for (const { protocol, port, endPort } of ports) {
    const isExact = typeof port === 'number';
    span[0] |= protocol === null ? every : 1 << protocols.indexOf(protocol);
    span[1] = Math.min(span[1], isExact ? port : 0);
    span[2] = Math.max(span[2], isExact ? (endPort ?? port) : 65535);
  }
  return span;
}

/** What all peers of a rule demand. */
export function demandsOfRule({ peers }: CompiledRule): readonly (string | null)[] {
  return peers === null ? [null] : peers.flatMap(demandsOf);
}

/** One rule in short. */
export interface Sketch {
  readonly span: readonly [protocolBits: number, lowest: number, highest: number];
  readonly demands: readonly number[];
}

export function sketchOf(rule: CompiledRule, numbers: Demands): Sketch {
  const demands = new Set(demandsOfRule(rule).map((text) => numbers.numberOf(text)));
  return { span: spanOf(rule.ports), demands: demands.has(nothingDemanded) ? [nothingDemanded] : [...demands] };
}

export function sketchesOf(all: readonly Sketch[]): Sketches {
  const rules = new Int32Array(all.length * 5);
  const demands: number[] = [];
  let at = 0;
  for (const sketch of all) {
    rules.set(sketch.span, at);
    rules[at + 3] = demands.length;
    demands.push(...sketch.demands);
    rules[at + 4] = demands.length;
    at += 5;
  }
  return { rules, demands: Int32Array.from(demands) };
}

/** What a question looks for in sketches. */
export interface Sought {
  /** Index among `protocols`. */
  readonly protocol: number;
  readonly port: number;
  /** Of the far end. */
  readonly bits: Uint32Array;
}

/** Whether the peers of a rule may match; if not, they do not. @param bits of the far end */
export function peersMayMatch({ rules, demands }: Sketches, index: number, bits: Uint32Array): boolean {
  const end = rules[index * 5 + 4] as number;
  for (let each = rules[index * 5 + 3] as number; each < end; each++) {
    if (has(bits, demands[each] as number)) return true;
  }
  return false;
}

/** Whether a rule may match; if not, it does not. */
export function mayMatch(sketches: Sketches, index: number, { protocol, port, bits }: Sought): boolean {
  const { rules } = sketches;
  const at = index * 5;
  if ((((rules[at] as number) >>> protocol) & 1) === 0) return false;
  if (port < (rules[at + 1] as number) || port > (rules[at + 2] as number)) return false;
  return peersMayMatch(sketches, index, bits);
}
