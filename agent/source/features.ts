import { existsSync } from 'node:fs';
import { WeirError } from '../../core/errors.ts';
import { native, type Program } from '../../native/native.ts';
import type { Feature } from './source.ts';

/** Parts of the capture that some kernels lack, or that the configuration may turn off. */
export const featureNames = [
  'tp-btf',
  'iterators',
  'drop-reasons',
  'tcx',
  'address-translation',
  'dns-names',
  'pinning',
] as const;
export type FeatureName = (typeof featureNames)[number];

export type Features = ReadonlyMap<FeatureName, Feature>;

const kernelBtf = '/sys/kernel/btf/vmlinux';
const conntrackBtf = '/sys/kernel/btf/nf_conntrack';

/** Types that the running kernel must have, and what is less without the feature. */
const kernelTypes: Readonly<
  Partial<Record<FeatureName, { readonly types: readonly string[]; readonly less: string }>>
> = {
  'tp-btf': {
    types: ['btf_trace_inet_sock_set_state'],
    less: 'sockets are followed through the raw tracepoint: they report their bytes when they close',
  },
  iterators: {
    types: ['bpf_iter__task', 'bpf_iter__task_file', 'bpf_iter__bpf_sk_storage_map'],
    less: 'connections that were open before are seen when they close, and open ones report no bytes',
  },
  'drop-reasons': { types: ['btf_trace_kfree_skb', 'skb_drop_reason'], less: 'drops are seen as unanswered attempts' },
  tcx: { types: ['tcx_link'], less: 'programs are attached as filters of clsact' },
};

const ringBuffer = 'bpf_ringbuf';
const conntrack = 'nf_conn';

/** Why the kernel does not offer a feature; empty when it does. */
function reasonOf(name: FeatureName, lacked: ReadonlySet<string>): string {
  if (name === 'address-translation') {
    if (!lacked.has(conntrack) || existsSync(conntrackBtf)) return '';
    return 'connection tracking is not loaded: Services are told by their addresses';
  }
  const needed = kernelTypes[name];
  const missing = needed?.types.find((type) => lacked.has(type));
  return missing === undefined ? '' : `this kernel has no ${missing}: ${needed?.less}`;
}

/**
 * What this kernel offers. @param without features that the configuration turns off
 * @throws WeirError CAPTURE_NO_BTF, CAPTURE_KERNEL_TOO_OLD below the minimum
 */
export function kernelFeatures(without: readonly FeatureName[]): Map<FeatureName, Feature> {
  if (!existsSync(kernelBtf)) {
    throw new WeirError('CAPTURE_NO_BTF', `${kernelBtf} is missing; use a kernel with CONFIG_DEBUG_INFO_BTF`);
  }
  const types = Object.values(kernelTypes).flatMap((each) => each.types);
  const lacked = new Set(native.kernelLacksTypes([...types, ringBuffer, conntrack]));
  if (lacked.has(ringBuffer)) {
    throw new WeirError('CAPTURE_KERNEL_TOO_OLD', 'it has no BPF ring buffer; use kernel 5.12 or later');
  }
  const features = new Map<FeatureName, Feature>();
  for (const name of featureNames) {
    const reason = without.includes(name) ? 'turned off by the configuration' : reasonOf(name, lacked);
    features.set(name, { name, active: reason === '', reason });
  }
  return features;
}

/** The programs that these features need. */
export function programsFor(features: Features): Program[] {
  const has = (name: FeatureName) => features.get(name)?.active === true;
  return [
    has('tp-btf') ? 'on_tcp_state' : 'on_tcp_state_raw',
    ...(has('tcx') ? (['on_packet'] as const) : (['on_packet_from_pod', 'on_packet_to_pod'] as const)),
    ...(has('drop-reasons') ? (['on_drop'] as const) : []),
    ...(has('iterators') ? (['find_namespaces', 'find_processes'] as const) : []),
    // Sockets are walked through the storage that only the BTF tracepoint may use.
    ...(has('iterators') && has('tp-btf') ? (['find_sockets', 'sample_sockets'] as const) : []),
  ];
}
