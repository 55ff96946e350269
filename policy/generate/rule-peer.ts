import { type Cidr, cidrContainsBytes, parseCidr } from '../../core/address.ts';
import type { Labels, NetworkPolicyPeer } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { perObject } from './per-object.ts';

/** Whom a generated rule lets through. */
export type RulePeer =
  | { readonly type: 'everyone' }
  /** `namespace` null: the policy's own. No labels: every pod. Labels are sorted by key. */
  | { readonly type: 'pods'; readonly namespace: Labels | null; readonly labels: Labels }
  | { readonly type: 'block'; readonly block: Cidr };

export const everyone: RulePeer = { type: 'everyone' };

/** The block of a CIDR that is known to be one. */
export function blockPeer(text: string): RulePeer {
  return { type: 'block', block: parseCidr(text) as Cidr };
}

export function sortedLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => compareText(a, b)));
}

function keyOf(peer: RulePeer): string {
  switch (peer.type) {
    case 'everyone':
      return '0';
    case 'pods':
      return peer.namespace === null
        ? `1 ${JSON.stringify(peer.labels)}`
        : `2 ${JSON.stringify(peer.namespace)} ${JSON.stringify(peer.labels)}`;
    case 'block':
      return `3 ${peer.block.text}`;
  }
}

/** Equal for equal peers only; sorts everyone first, then pods of the own namespace, of others, and blocks. */
export const peerKey = perObject(keyOf);

function written(peer: Exclude<RulePeer, { type: 'everyone' }>): NetworkPolicyPeer {
  if (peer.type === 'block') return { ipBlock: { cidr: peer.block.text } };
  const isEvery = Object.keys(peer.labels).length === 0;
  const podSelector = isEvery ? {} : { matchLabels: peer.labels };
  if (peer.namespace === null) return { podSelector };
  const namespaceSelector = { matchLabels: peer.namespace };
  return isEvery ? { namespaceSelector } : { namespaceSelector, podSelector };
}

/** As NetworkPolicy writes it; everyone is written by naming nobody. */
export const toNetworkPolicyPeer = perObject(written);

function holdsLabels(wide: Labels, narrow: Labels): boolean {
  return Object.entries(wide).every(([key, value]) => Object.hasOwn(narrow, key) && narrow[key] === value);
}

/** Whether everybody whom the second peer lets through, now or ever, the first one lets through too. */
export function covers(wide: RulePeer, narrow: RulePeer): boolean {
  if (wide.type === 'everyone') return true;
  if (wide.type === 'block') {
    if (narrow.type !== 'block') return false;
    return wide.block.prefix <= narrow.block.prefix && cidrContainsBytes(wide.block, narrow.block.network);
  }
  if (narrow.type !== 'pods' || (wide.namespace === null) !== (narrow.namespace === null)) return false;
  return holdsLabels(wide.namespace ?? {}, narrow.namespace ?? {}) && holdsLabels(wide.labels, narrow.labels);
}
