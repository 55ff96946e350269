import { type Cidr, parseCidr } from '../../core/address.ts';
import { WeirError } from '../../core/errors.ts';
import type { Direction } from '../../core/flow.ts';
import {
  type IPBlock,
  type LabelSelector,
  namespaceNameLabel,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../core/kubernetes.ts';
import { type PolicyRef, refText } from './because.ts';
import { demandedLabel } from './label-index.ts';
import type { CompiledPort } from './port.ts';
import { compileSelector, everyLabels, type LabelPredicate } from './selector.ts';

export interface CompiledBlock {
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
}

/** A peer with every selector and block worked out. One with neither matches nothing: the API refuses it. */
export type CompiledPeer =
  | { readonly type: 'block'; readonly block: CompiledBlock }
  /** `namespaces` null: the policy's own namespace. */
  | {
      readonly type: 'pods';
      readonly namespaces: LabelPredicate | null;
      readonly pods: LabelPredicate;
      /** Whether it means every pod of every namespace. */
      readonly isEverywhere: boolean;
      /** The only namespaces that it may mean, by their names; null where it does not go by them. */
      readonly named: readonly string[] | null;
      /** A label that every such pod has; null where none is known. */
      readonly demanded: string | null;
    };

export interface CompiledRule {
  /** Null: everyone. */
  readonly peers: readonly CompiledPeer[] | null;
  /** Null: every port. */
  readonly ports: readonly CompiledPort[] | null;
}

export interface CompiledPolicy {
  readonly ref: PolicyRef;
  readonly subject: LabelPredicate;
  /** A label that every pod has that is selected; null where none is known. */
  readonly demanded: string | null;
  /** The rules of each direction that the policy isolates its pods for; null where it does not. */
  readonly rules: Readonly<Record<Direction, readonly CompiledRule[] | null>>;
}

/** @throws WeirError ADDRESS_INVALID */
export function compileCidr(text: string, ref: PolicyRef): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== null) return cidr;
  throw new WeirError('ADDRESS_INVALID', `"${text}" in ${refText(ref)} is not a CIDR block`);
}

function compileBlock(block: IPBlock, ref: PolicyRef): CompiledBlock {
  return {
    cidr: compileCidr(block.cidr, ref),
    except: (block.except ?? []).map((text) => compileCidr(text, ref)),
  };
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** The names of namespaces of which a selector demands one. */
function namesIn({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] | null {
  const name = matchLabels[namespaceNameLabel];
  if (name !== undefined) return [name];
  const among = matchExpressions.find(({ key, operator }) => key === namespaceNameLabel && operator === 'In');
  return among?.values ?? null;
}

function compilePeer(peer: NetworkPolicyPeer, ref: PolicyRef): CompiledPeer {
  if (peer.ipBlock !== undefined) return { type: 'block', block: compileBlock(peer.ipBlock, ref) };
  const { namespaceSelector, podSelector } = peer;
  if (namespaceSelector === undefined && podSelector === undefined) {
    return { type: 'pods', namespaces: null, pods: () => false, isEverywhere: false, named: null, demanded: null };
  }
  return {
    type: 'pods',
    namespaces: namespaceSelector === undefined ? null : compileSelector(namespaceSelector),
    pods: podSelector === undefined ? everyLabels : compileSelector(podSelector),
    isEverywhere: namespaceSelector !== undefined && isEmpty(namespaceSelector) && isEmpty(podSelector ?? {}),
    named: namespaceSelector === undefined ? null : namesIn(namespaceSelector),
    demanded: demandedLabel(podSelector ?? {}),
  };
}

function compilePort(port: NetworkPolicyPort): CompiledPort {
  return { protocol: port.protocol ?? 'TCP', port: port.port ?? null, endPort: port.endPort ?? null };
}

function compileRule(
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
  ref: PolicyRef,
): CompiledRule {
  return {
    peers: peers === undefined || peers.length === 0 ? null : peers.map((peer) => compilePeer(peer, ref)),
    ports: ports === undefined || ports.length === 0 ? null : ports.map(compilePort),
  };
}

/** Absent policyTypes mean Ingress always, and Egress where there are egress rules (API defaulting). */
function isolates(spec: NetworkPolicy['spec'], direction: Direction): boolean {
  const types = spec.policyTypes ?? [];
  if (types.length > 0) return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || (spec.egress ?? []).length > 0;
}

/** @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR */
export function compilePolicy({ metadata, spec }: NetworkPolicy): CompiledPolicy {
  const ref: PolicyRef = { kind: 'NetworkPolicy', namespace: metadata.namespace, name: metadata.name };
  const ingress = (spec.ingress ?? []).map((rule) => compileRule(rule.from, rule.ports, ref));
  const egress = (spec.egress ?? []).map((rule) => compileRule(rule.to, rule.ports, ref));
  return {
    ref,
    subject: compileSelector(spec.podSelector),
    demanded: demandedLabel(spec.podSelector),
    rules: {
      ingress: isolates(spec, 'ingress') ? ingress : null,
      egress: isolates(spec, 'egress') ? egress : null,
    },
  };
}
