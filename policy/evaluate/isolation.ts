import { type Direction, protocols } from '../../core/flow.ts';
import type { PolicyRef } from './because.ts';
import type { CompiledPeer, CompiledPolicy, CompiledRule } from './compile.ts';
import type { Demands } from './demands.ts';
import type { End } from './end.ts';
import { strongestRule } from './isolation-endings.ts';
import { LabelIndex } from './label-index.ts';
import { certain, certainMatch, type Match, matchPeer } from './match.ts';
import { isIcmp, searchPorts } from './port.ts';
import type { Peer } from './query.ts';
import { demandsOfRule, mayMatch, peersMayMatch, type Sketch, type Sketches, sketchesOf, sketchOf } from './sketch.ts';
import type { MatchedRule, PortQuery } from './tier.ts';

/** A rule of a policy that isolates. */
interface IsolationRule {
  readonly policy: PolicyRef;
  readonly rule: number;
  readonly compiled: CompiledRule;
  /** The ways in which it has matched so far: they are the same over and over. */
  readonly matches: MatchedRule[];
  readonly sketch: Sketch;
}

/** Makes the rules of each policy once, for all pods that it isolates. */
export class IsolationRules {
  readonly #demands: Demands;
  readonly #made = {
    ingress: new Map<CompiledPolicy, IsolationRule[]>(),
    egress: new Map<CompiledPolicy, IsolationRule[]>(),
  };

  constructor(demands: Demands) {
    this.#demands = demands;
  }

  of(policy: CompiledPolicy, direction: Direction): readonly IsolationRule[] {
    let rules = this.#made[direction].get(policy);
    if (rules === undefined) {
      rules = (policy.rules[direction] ?? []).map((compiled, rule) => {
        return { policy: policy.ref, rule, compiled, matches: [], sketch: sketchOf(compiled, this.#demands) };
      });
      this.#made[direction].set(policy, rules);
    }
    return rules;
  }
}

/** Rules that match a far end, in order. There is one object for each such list, so that none is made twice. */
export interface MatchedRules {
  /** Of this list among those of its isolation; from 0, which is the empty one. */
  readonly number: number;
  readonly rules: readonly MatchedRule[];
  readonly longer: Map<MatchedRule, MatchedRules>;
}

interface Found {
  readonly peer: number | null;
  readonly match: Match;
}

function strongestPeer(peers: readonly CompiledPeer[], matchOf: (peer: CompiledPeer) => Match | null): Found | null {
  let best: Found | null = null;
  for (let peer = 0; peer < peers.length; peer++) {
    const match = matchOf(peers[peer] as CompiledPeer);
    if (match !== null && (best === null || match.strength > best.match.strength)) best = { peer, match };
    if (best?.match.strength === certain) break;
  }
  return best;
}

function matchedRule({ policy, rule, compiled, matches }: IsolationRule, { peer, match }: Found): MatchedRule {
  for (const known of matches) if (known.peer === peer && known.match === match) return known;
  const { ports } = compiled;
  const place = { tier: 'NetworkPolicy', policy, action: 'allow', rule, peer } as const;
  const added: MatchedRule = { ...place, match, ports, coversIcmp: false };
  matches.push(added);
  return added;
}

/** Null where none of the rule's peers matches. */
function matchRule(
  rule: IsolationRule,
  other: Peer,
  address: Uint8Array | null,
  hostPodIsPod: boolean,
): MatchedRule | null {
  const { policy, compiled } = rule;
  if (compiled.peers === null) return matchedRule(rule, everyone);
  const matchOf = (peer: CompiledPeer) => matchPeer(peer, policy.namespace, other, address, hostPodIsPod);
  const found = strongestPeer(compiled.peers, matchOf);
  return found === null ? null : matchedRule(rule, found);
}

const everyone: Found = { peer: null, match: certainMatch };

/** Up to so many rules it is quicker to look at each than at an index of them. */
const fewRules = 32;
/** Of so many ports it is remembered which rules cover them. */
const maxPorts = 1024;

/** The NetworkPolicies that isolate a pod in one direction. */
export class Isolation {
  /** In the order of their names. */
  readonly refs: readonly PolicyRef[];
  readonly #rules: readonly IsolationRule[];
  readonly #nothing: MatchedRules = { number: 0, rules: [], longer: new Map() };
  readonly #byPort = new Map<number, Isolation>();
  /** What tells most rules not to match, side by side in memory. */
  readonly #sketches: Sketches;
  #byLabel: LabelIndex | null = null;
  #lists = 1;

  constructor(refs: readonly PolicyRef[], rules: readonly IsolationRule[]) {
    this.refs = refs;
    this.#rules = rules;
    this.#sketches = sketchesOf(rules.map(({ sketch }) => sketch));
  }

  /** As `match`, but of the rules that cover a port, and of these the strongest only, the first of equals. */
  strongestAt(query: PortQuery, end: End, address: Uint8Array | null, hostPodIsPod: boolean): MatchedRules {
    if (isIcmp(query.protocol)) return this.#nothing;
    // What its ports are called is not known, so rules that name them may cover any.
    if (end.peer.type === 'hidden') return this.match(end, address, hostPodIsPod);
    const rules = this.#rules.length > fewRules ? this.#covering(query) : this;
    const strongest = rules.#strongest(query, end, address, hostPodIsPod);
    return strongest === null ? this.#nothing : this.#with(this.#nothing, strongest);
  }

  #strongest(query: PortQuery, end: End, address: Uint8Array | null, hostPodIsPod: boolean): MatchedRule | null {
    if (this.#rules.length > fewRules) {
      return strongestRule(this.match(end, address, hostPodIsPod).rules, query)?.rule ?? null;
    }
    const sketches = this.#sketches;
    const sought = { protocol: protocols.indexOf(query.protocol), port: query.port, bits: end.bits };
    let best: MatchedRule | null = null;
    for (let index = 0; index < this.#rules.length && best?.match.strength !== certain; index++) {
      if (!mayMatch(sketches, index, sought)) continue;
      const rule = this.#rules[index] as IsolationRule;
      if (searchPorts(rule.compiled.ports, query.protocol, query.port, query.server) === -1) continue;
      const found = matchRule(rule, end.peer, address, hostPodIsPod);
      if (found !== null && (best === null || found.match.strength > best.match.strength)) best = found;
    }
    return best;
  }

  /**
   * The rules whose peers match the far end of a connection, whatever the port.
   * @param address the far end's, as it is used on this connection; null where it has none
   */
  match(end: End, address: Uint8Array | null, hostPodIsPod: boolean): MatchedRules {
    let matched = this.#nothing;
    for (const index of this.#candidates(end)) {
      const rule = matchRule(this.#rules[index] as IsolationRule, end.peer, address, hostPodIsPod);
      if (rule !== null) matched = this.#with(matched, rule);
    }
    return matched;
  }

  /** The rules whose peers may match, ascending. */
  #candidates({ peer, labels, bits }: End): readonly number[] {
    // It may meet any demand.
    if (peer.type === 'hidden') return [...this.#rules.keys()];
    if (this.#rules.length > fewRules) return this.#index().candidates(labels);
    const candidates: number[] = [];
    for (let index = 0; index < this.#rules.length; index++) {
      if (peersMayMatch(this.#sketches, index, bits)) candidates.push(index);
    }
    return candidates;
  }

  /** The rules by what they demand of the far end. */
  #index(): LabelIndex {
    if (this.#byLabel !== null) return this.#byLabel;
    const byLabel = new LabelIndex();
    for (const [index, { compiled }] of this.#rules.entries()) {
      for (const demanded of demandsOfRule(compiled)) byLabel.add(demanded, index);
    }
    this.#byLabel = byLabel;
    return byLabel;
  }

  /** Only the rules that cover the port; those with names too, which the far end's own ports decide. */
  #covering({ direction, protocol, port, server }: PortQuery): Isolation {
    const key = protocols.indexOf(protocol) * 65536 + port;
    let covering = this.#byPort.get(key);
    if (covering === undefined) {
      const mayCover = ({ compiled: { ports } }: IsolationRule) =>
        searchPorts(ports, protocol, port, server) !== -1 ||
        (direction === 'egress' && (ports ?? []).some((each) => typeof each.port === 'string'));
      covering = new Isolation(this.refs, this.#rules.filter(mayCover));
      if (this.#byPort.size >= maxPorts) this.#byPort.clear();
      this.#byPort.set(key, covering);
    }
    return covering;
  }

  #with({ rules, longer }: MatchedRules, rule: MatchedRule): MatchedRules {
    let list = longer.get(rule);
    if (list === undefined) {
      list = { number: this.#lists++, rules: [...rules, rule], longer: new Map() };
      longer.set(rule, list);
    }
    return list;
  }
}

/** Null where no policy isolates for the direction. */
export function isolationBy(
  selecting: readonly CompiledPolicy[],
  direction: Direction,
  made: IsolationRules,
): Isolation | null {
  const policies = selecting.filter((policy) => policy.rules[direction] !== null);
  if (policies.length === 0) return null;
  return new Isolation(
    policies.map(({ ref }) => ref),
    policies.flatMap((policy) => made.of(policy, direction)),
  );
}
