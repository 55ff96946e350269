/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the kernel dropped on their way from or to a pod, with the kernel's own reason. */
#ifndef WEIR_DROPS_H
#define WEIR_DROPS_H

/* Finds the transport header of a dropped packet, which is kernel memory and is copied piece by piece. */
static __always_inline enum parsed find_transport(struct sk_buff *skb, struct packet *packet, void **transport)
{
	void *at = (void *)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	struct extension_header extension;
	struct ipv6hdr ipv6;
	struct iphdr ipv4;
	__u32 length;

	if (protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(&ipv4, sizeof(ipv4), at))
			return PARSED_MALFORMED;
		take_ipv4(&ipv4, packet);
		*transport = at + ipv4.ihl * 4;
		return ipv4.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET) ? PARSED_FRAGMENT : PARSED_EDGE;
	}
	if (protocol != bpf_htons(ETH_P_IPV6))
		return PARSED_OTHER;
	if (bpf_probe_read_kernel(&ipv6, sizeof(ipv6), at))
		return PARSED_MALFORMED;
	take_ipv6(&ipv6, packet);
	at += sizeof(ipv6);
	for (int i = 0; i < MAX_EXTENSION_HEADERS && is_extension(packet->protocol); i++) {
		if (bpf_probe_read_kernel(&extension, sizeof(extension), at))
			return PARSED_MALFORMED;
		length = extension_length(packet->protocol, &extension);
		if (take_extension(&extension, packet))
			return PARSED_FRAGMENT;
		at += length;
	}
	*transport = at;
	return PARSED_EDGE;
}

static __always_inline enum parsed parse_dropped(struct sk_buff *skb, struct packet *packet)
{
	struct tcp_header tcp;
	enum parsed found;
	void *transport;
	__be16 ports[2];
	__u8 icmp[2];

	found = find_transport(skb, packet, &transport);
	if (found != PARSED_EDGE)
		return found;
	switch (packet->protocol) {
	case IPPROTO_TCP:
		if (bpf_probe_read_kernel(&tcp, sizeof(tcp), transport))
			return PARSED_MALFORMED;
		packet->kind = tcp.flags;
		break;
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (bpf_probe_read_kernel(icmp, sizeof(icmp), transport))
			return PARSED_MALFORMED;
		packet->kind = icmp[0];
		return PARSED_EDGE;
	default:
		return PARSED_OTHER;
	}
	if (bpf_probe_read_kernel(ports, sizeof(ports), transport))
		return PARSED_MALFORMED;
	take_ports(ports, packet);
	return PARSED_EDGE;
}

/* Where a drop belongs: a pod, and which way the packet went. */
struct place {
	__u64 scope;
	__u64 cookie; /* of the pod's namespace; 0 when it is not known */
	enum scope_type type;
	bool from_pod;
};

/* A packet that the node translates has its real destination already; the client's edge is known by what it called. */
static __always_inline void drop_key(struct edge_key *key, const struct place *place, const struct packet *packet,
				     enum role role, const struct tracked *tracked)
{
	packet_key(key, place->scope, packet, place->from_pod, role);
	key->scope_type = place->type;
	if (!tracked->translated || !place->from_pod || role != ROLE_CLIENT)
		return;
	__builtin_memcpy(key->seen_as, tracked->remote, 16);
	key->seen_port = tracked->port;
}

/* Which end of a dropped TCP segment the pod is; 0 when nothing tells. A SYN tells it, else the pod's sockets. */
static __always_inline enum role tcp_role(const struct packet *packet, const struct place *place,
					  const struct tracked *tracked)
{
	struct place sockets = { place->cookie, place->cookie, SCOPE_NAMESPACE, place->from_pod };
	__u8 syn = packet->kind & (TCP_FLAG_SYN | TCP_FLAG_ACK);
	struct edge_key key;

	if (syn == TCP_FLAG_SYN)
		return place->from_pod ? ROLE_CLIENT : ROLE_SERVER;
	if (syn == (TCP_FLAG_SYN | TCP_FLAG_ACK))
		return place->from_pod ? ROLE_SERVER : ROLE_CLIENT;
	drop_key(&key, &sockets, packet, ROLE_CLIENT, tracked);
	if (bpf_map_lookup_elem(&socket_edges, &key))
		return ROLE_CLIENT;
	drop_key(&key, &sockets, packet, ROLE_SERVER, tracked);
	return bpf_map_lookup_elem(&socket_edges, &key) ? ROLE_SERVER : 0;
}

/* Of a packet without connection: what connection tracking says, else the edge that exists, else the speaker asks. */
static __always_inline enum role conversation_role(const struct packet *packet, const struct place *place,
						   const struct tracked *tracked)
{
	struct edge_key key;
	enum role role;

	if (tracked->known)
		return place->from_pod == tracked->reply ? ROLE_SERVER : ROLE_CLIENT;
	role = place->from_pod ? ROLE_SERVER : ROLE_CLIENT;
	drop_key(&key, place, packet, role, tracked);
	if (place->type == SCOPE_INTERFACE && find_plain(&key))
		return role;
	return place->from_pod ? ROLE_CLIENT : ROLE_SERVER;
}

static __always_inline void count_drop(struct packet *packet, const struct place *place, __u32 reason,
				       const struct tracked *tracked)
{
	struct drop_edge fresh = { .first_ns = bpf_ktime_get_ns() };
	struct drop_key key = { .reason = reason };
	struct overflow *spilled;
	struct drop_edge *edge;
	enum role role;
	bool answer;
	int type;

	if (packet->protocol == IPPROTO_TCP) {
		role = tcp_role(packet, place, tracked);
	} else if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
		type = request_type(packet, &answer);
		packet->source_port = packet->destination_port = type << 8;
		role = type < 0 ? 0 : place->from_pod == answer ? ROLE_SERVER : ROLE_CLIENT;
	} else {
		role = conversation_role(packet, place, tracked);
	}
	if (!role) {
		count(STAT_DROPS_UNATTRIBUTED);
		return;
	}
	drop_key(&key.edge, place, packet, role, tracked);
	fresh.last_ns = fresh.first_ns;
	edge = claim(&drop_edges, MAP_DROP_EDGES, &key, sizeof(key), &fresh, sizeof(fresh), &spilled);
	if (!edge)
		return;
	edge->last_ns = fresh.first_ns;
	ADD(edge->packets, 1);
	settle(spilled);
}

static __always_inline void count_at_interface(struct packet *packet, __u32 index, bool from_pod, __u32 reason,
					       const struct tracked *tracked)
{
	struct interface *watched = bpf_map_lookup_elem(&interfaces, &index);
	struct place place = { index, 0, SCOPE_INTERFACE, from_pod };

	if (!watched)
		return;
	place.cookie = watched->cookie;
	count_drop(packet, &place, reason, tracked);
}

/*
 * What translated the packet's destination on its way from a client: tracked->remote and port become what the client
 * called. The far end is the packet's destination already.
 */
static __always_inline void read_called(struct sk_buff *skb, struct tracked *tracked)
{
	const struct nf_conntrack_tuple *original;
	struct nf_conn *connection;

	if (!CONNTRACK_IS_READABLE)
		return;
	connection = find_tracked(BPF_CORE_READ(skb, _nfct), tracked);
	if (!connection)
		return;
	original = &connection->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	if (tracked->reply || !(BPF_CORE_READ(connection, status) & IPS_DST_NAT))
		return;
	tracked->translated = true;
	if (BPF_CORE_READ(original, src.l3num) == AF_INET)
		map_ipv4(tracked->remote, BPF_CORE_READ(original, dst.u3.ip));
	else
		BPF_CORE_READ_INTO((__u32(*)[4])tracked->remote, original, dst.u3.all);
	tracked->port = bpf_ntohs(BPF_CORE_READ(original, dst.u.all));
}

static __always_inline bool is_ignored(__u32 reason)
{
	__u32 word = reason / 64;

	/* The bound must be one of the number that is the index. */
	barrier_var(word);
	return word < REASON_BITS / 64 && knobs.ignored_reasons[word] & (1ULL << (reason % 64));
}

static __always_inline bool read_dropped(struct sk_buff *skb, struct packet *packet)
{
	switch (parse_dropped(skb, packet)) {
	case PARSED_EDGE:
		return !is_loopback(packet->destination) && !same_address(packet->source, packet->destination);
	case PARSED_OTHER:
		count(STAT_PACKETS_OTHER_PROTOCOL);
		return false;
	default:
		count(STAT_DROPS_UNATTRIBUTED);
		return false;
	}
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, __u32 reason)
{
	struct place inside = { .type = SCOPE_NAMESPACE };
	struct tracked tracked = {};
	struct packet packet = {};
	struct net_device *device;
	struct dst_entry *route;
	__u32 in, out = 0;
	__u64 cookie;

	if (is_ignored(reason) || !active_capture())
		return 0;
	device = BPF_CORE_READ(skb, dev);
	/* What a process sends has no device before it is routed, but its socket. */
	if (device)
		cookie = BPF_CORE_READ(device, nd_net.net, net_cookie);
	else if (BPF_CORE_READ(skb, sk))
		cookie = namespace_of(BPF_CORE_READ(skb, sk), true);
	else
		return 0;
	in = BPF_CORE_READ(skb, skb_iif);
	if (cookie != knobs.node_cookie) {
		/* A pod's own stack frees what nobody wants any more, and names a reason only where it keeps it from somebody. */
		if (reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
			return 0;
		/* In the pod's own namespace: what came in through an interface goes to the pod, all else leaves it. */
		inside.scope = inside.cookie = cookie;
		inside.from_pod = !in;
		if (read_dropped(skb, &packet))
			count_drop(&packet, &inside, reason, &tracked);
		return 0;
	}
	route = (struct dst_entry *)(BPF_CORE_READ(skb, _skb_refdst) & SKB_DST_PTRMASK);
	if (route)
		out = BPF_CORE_READ(route, dev, ifindex);
	take_ports_of_bridge(skb, &in, &out);
	if (!bpf_map_lookup_elem(&interfaces, &in) && !bpf_map_lookup_elem(&interfaces, &out))
		return 0;
	if (!read_dropped(skb, &packet))
		return 0;
	read_called(skb, &tracked);
	count_at_interface(&packet, in, true, reason, &tracked);
	count_at_interface(&packet, out, false, reason, &tracked);
	return 0;
}

#endif
