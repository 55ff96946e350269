/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between which ports a bridge has passed a packet, as the kernel notes it when netfilter sees bridged packets too. */
#ifndef WEIR_BRIDGED_H
#define WEIR_BRIDGED_H

/* What the kernel notes of a packet's way over a bridge; null when it does not. */
static __always_inline struct nf_bridge_info *bridge_info(struct sk_buff *skb)
{
	struct skb_ext *extensions;
	__u32 id, offset = 0;

	if (!bpf_core_field_exists(skb->active_extensions) ||
	    !bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_BRIDGE_NF))
		return NULL;
	id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_BRIDGE_NF);
	if (!(BPF_CORE_READ(skb, active_extensions) & (1U << id)))
		return NULL;
	extensions = BPF_CORE_READ(skb, extensions);
	bpf_probe_read_kernel(&offset, 1, (void *)extensions + bpf_core_field_offset(extensions->offset) + id);
	/* It is counted in units of eight bytes. */
	return (void *)extensions + offset * 8;
}

/* Puts the ports of a bridge in the place of the bridge itself, and of nothing where only the bridge knows the way. */
static __always_inline void take_ports_of_bridge(struct sk_buff *skb, __u32 *in, __u32 *out)
{
	struct nf_bridge_info *info = bridge_info(skb);
	struct nf_bridge_info___6_7 *older = (void *)info;
	struct net_device *port;
	__u32 index = 0;

	if (!info)
		return;
	if (bpf_core_field_exists(info->physinif))
		index = BPF_CORE_READ(info, physinif);
	else if (bpf_core_field_exists(older->physindev))
		index = BPF_CORE_READ(older, physindev, ifindex);
	if (index)
		*in = index;
	port = BPF_CORE_READ(info, physoutdev);
	if (port)
		*out = BPF_CORE_READ(port, ifindex);
}

#endif
