/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What has no socket to ask: UDP, and TCP SYNs, on the host side of pod interfaces. */
#ifndef WEIR_PACKETS_H
#define WEIR_PACKETS_H

/* Whatever is found, the packet goes on to the next program, and to the stack after the last (TCX_NEXT). */
#define PASS (-1)

static __always_inline void packet_key(struct edge_key *key, __u32 interface, const struct packet *packet,
				       bool from_pod, enum role role)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->scope = interface;
	__builtin_memcpy(key->remote, from_pod ? packet->destination : packet->source, 16);
	/* The server's port is the destination's when the client is the one who sends. */
	key->port = from_pod == (role == ROLE_CLIENT) ? packet->destination_port : packet->source_port;
	key->protocol = packet->protocol;
	key->role = role;
}

/*
 * Who of two UDP ends is the client: the one that spoke first. The edge that exists already says so, else this packet
 * is the first. Entries stay while they are in use, so an answer never looks like a first word. The lower port is the
 * server's more often than not, so that edge is looked for first; this is the order of two look-ups, not a decision.
 */
static __always_inline struct packet_edge *udp_entry(__u32 interface, const struct packet *packet, bool from_pod)
{
	struct packet_edge fresh = { .first_ns = bpf_ktime_get_coarse_ns() };
	enum role speaker = from_pod ? ROLE_CLIENT : ROLE_SERVER;
	enum role answerer = from_pod ? ROLE_SERVER : ROLE_CLIENT;
	bool to_lower = packet->destination_port <= packet->source_port;
	struct packet_edge *edge;
	struct edge_key key;

	packet_key(&key, interface, packet, from_pod, to_lower ? speaker : answerer);
	edge = bpf_map_lookup_elem(&packet_edges, &key);
	if (!edge) {
		packet_key(&key, interface, packet, from_pod, to_lower ? answerer : speaker);
		edge = bpf_map_lookup_elem(&packet_edges, &key);
	}
	if (!edge) {
		packet_key(&key, interface, packet, from_pod, speaker);
		edge = edge_entry(&packet_edges, &key, &fresh, STAT_PACKET_EDGES_FULL);
	}
	if (edge)
		edge->last_ns = fresh.first_ns;
	return edge;
}

static __always_inline void count_udp(struct __sk_buff *skb, const struct packet *packet, bool from_pod)
{
	struct packet_edge *edge = udp_entry(skb->ifindex, packet, from_pod);
	__u64 bytes = skb->len - sizeof(struct ethhdr);
	/* One skb may stand for many datagrams (GSO). */
	__u64 packets = skb->gso_segs ? skb->gso_segs : 1;

	if (!edge)
		return;
	if (from_pod) {
		ADD(edge->packets_from_pod, packets);
		ADD(edge->bytes_from_pod, bytes);
	} else {
		ADD(edge->packets_to_pod, packets);
		ADD(edge->bytes_to_pod, bytes);
	}
}

static __always_inline void count_syn(struct __sk_buff *skb, const struct packet *packet, bool from_pod)
{
	struct packet_edge fresh = { .first_ns = bpf_ktime_get_coarse_ns() };
	struct edge_key key;
	struct packet_edge *edge;

	packet_key(&key, skb->ifindex, packet, from_pod, from_pod ? ROLE_CLIENT : ROLE_SERVER);
	edge = edge_entry(&packet_edges, &key, &fresh, STAT_PACKET_EDGES_FULL);
	if (!edge)
		return;
	edge->last_ns = fresh.first_ns;
	ADD(edge->syn_packets, 1);
}

static __always_inline int on_packet(struct __sk_buff *skb, bool from_pod)
{
	struct packet packet = {};

	switch (parse_packet(skb, &packet)) {
	case PARSED_EDGE:
		if (packet.protocol == IPPROTO_UDP)
			count_udp(skb, &packet, from_pod);
		else if ((packet.tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN)
			count_syn(skb, &packet, from_pod);
		break;
	case PARSED_OTHER:
		count(STAT_PACKETS_OTHER_PROTOCOL);
		break;
	case PARSED_FRAGMENT:
		if (packet.protocol == IPPROTO_UDP)
			count(STAT_PACKETS_FRAGMENTED);
		break;
	case PARSED_MALFORMED:
		count(STAT_PACKETS_MALFORMED);
		break;
	}
	return PASS;
}

/* The host side receives what the pod sends. */
SEC("tc")
int on_packet_from_pod(struct __sk_buff *skb)
{
	return on_packet(skb, true);
}

SEC("tc")
int on_packet_to_pod(struct __sk_buff *skb)
{
	return on_packet(skb, false);
}

#endif
