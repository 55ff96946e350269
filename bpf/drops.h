/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the kernel dropped on their way from or to a pod, with the kernel's own reason. */
#ifndef WEIR_DROPS_H
#define WEIR_DROPS_H

/* Finds the transport header of a dropped packet, which is kernel memory and is copied piece by piece. */
static __always_inline enum parsed find_transport(struct sk_buff *skb, struct packet *packet, void **transport)
{
	void *at = skb->head + skb->network_header;
	struct extension_header extension;
	struct ipv6hdr ipv6;
	struct iphdr ipv4;
	__u32 length;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(&ipv4, sizeof(ipv4), at))
			return PARSED_MALFORMED;
		take_ipv4(&ipv4, packet);
		*transport = at + ipv4.ihl * 4;
		return ipv4.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET) ? PARSED_FRAGMENT : PARSED_EDGE;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return PARSED_OTHER;
	if (bpf_probe_read_kernel(&ipv6, sizeof(ipv6), at))
		return PARSED_MALFORMED;
	take_ipv6(&ipv6, packet);
	at += sizeof(ipv6);
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		if (bpf_probe_read_kernel(&extension, sizeof(extension), at))
			return PARSED_MALFORMED;
		length = extension_length(packet->protocol, &extension);
		if (!length)
			break;
		if (is_later_fragment(packet->protocol, &extension))
			return PARSED_FRAGMENT;
		packet->protocol = extension.next;
		at += length;
	}
	*transport = at;
	return PARSED_EDGE;
}

static __always_inline enum parsed parse_dropped(struct sk_buff *skb, struct packet *packet)
{
	enum parsed found;
	void *transport;
	__be16 ports[2];

	found = find_transport(skb, packet, &transport);
	if (found != PARSED_EDGE)
		return found;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return PARSED_OTHER;
	if (bpf_probe_read_kernel(ports, sizeof(ports), transport))
		return PARSED_MALFORMED;
	packet->source_port = bpf_ntohs(ports[0]);
	packet->destination_port = bpf_ntohs(ports[1]);
	if (packet->protocol == IPPROTO_TCP && bpf_probe_read_kernel(&packet->tcp_flags, 1, transport + TCP_FLAGS_BYTE))
		return PARSED_MALFORMED;
	return PARSED_EDGE;
}

/* Which end of a dropped TCP segment the pod is; 0 when nothing tells. A bare SYN tells it, else the pod's sockets. */
static __always_inline __u8 tcp_role(const struct packet *packet, __u64 cookie, bool from_pod)
{
	struct edge_key key;
	__u8 syn = packet->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK);

	if (syn == TCP_FLAG_SYN)
		return from_pod ? ROLE_CLIENT : ROLE_SERVER;
	if (syn == (TCP_FLAG_SYN | TCP_FLAG_ACK))
		return from_pod ? ROLE_SERVER : ROLE_CLIENT;
	packet_key(&key, 0, packet, from_pod, ROLE_CLIENT);
	key.scope = cookie;
	if (bpf_map_lookup_elem(&socket_edges, &key))
		return ROLE_CLIENT;
	packet_key(&key, 0, packet, from_pod, ROLE_SERVER);
	key.scope = cookie;
	return bpf_map_lookup_elem(&socket_edges, &key) ? ROLE_SERVER : 0;
}

static __always_inline __u8 udp_role(const struct packet *packet, __u32 interface, bool from_pod)
{
	struct edge_key key;

	packet_key(&key, interface, packet, from_pod, from_pod ? ROLE_SERVER : ROLE_CLIENT);
	if (bpf_map_lookup_elem(&packet_edges, &key))
		return key.role;
	return from_pod ? ROLE_CLIENT : ROLE_SERVER;
}

static __always_inline void count_drop(const struct packet *packet, __u32 interface, __u32 reason, bool from_pod)
{
	__u64 *cookie = bpf_map_lookup_elem(&interfaces, &interface);
	struct drop_edge fresh = { .first_ns = bpf_ktime_get_ns() };
	struct drop_key key = {};
	struct drop_edge *edge;
	__u8 role;

	if (!cookie)
		return;
	role = packet->protocol == IPPROTO_TCP ? tcp_role(packet, *cookie, from_pod)
					       : udp_role(packet, interface, from_pod);
	if (!role) {
		count(STAT_DROPS_UNATTRIBUTED);
		return;
	}
	packet_key(&key.edge, interface, packet, from_pod, role);
	key.reason = reason;
	edge = edge_entry(&drop_edges, &key, &fresh, STAT_DROP_EDGES_FULL);
	if (!edge)
		return;
	edge->last_ns = fresh.first_ns;
	ADD(edge->packets, 1);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, __u32 reason)
{
	struct net_device *device = skb->dev;
	struct packet packet = {};
	struct dst_entry *route;
	__u32 in, out = 0;

	/* Interface indices mean something in their own namespace only: drops inside pods are not the network's. */
	if (!device || device->nd_net.net->net_cookie != node_cookie)
		return 0;
	in = skb->skb_iif;
	route = (struct dst_entry *)(skb->_skb_refdst & SKB_DST_PTRMASK);
	if (route)
		out = BPF_CORE_READ(route, dev, ifindex);
	if (!bpf_map_lookup_elem(&interfaces, &in) && !bpf_map_lookup_elem(&interfaces, &out))
		return 0;
	switch (parse_dropped(skb, &packet)) {
	case PARSED_EDGE:
		count_drop(&packet, in, reason, true);
		count_drop(&packet, out, reason, false);
		break;
	case PARSED_OTHER:
		count(STAT_PACKETS_OTHER_PROTOCOL);
		break;
	default:
		count(STAT_DROPS_UNATTRIBUTED);
	}
	return 0;
}

#endif
