/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that have no connection to ask: UDP, SCTP and ICMP. Who of the two ends is the client is decided once, when
 * their edge is made, and kept with the edge: entries stay while they are in use, so an answer never looks like a first
 * word.
 */
#ifndef WEIR_CONVERSATIONS_H
#define WEIR_CONVERSATIONS_H

/*
 * Finds the edge of a conversation, its key and the pod's role in it. The lower port is the server's more often than
 * not, so that edge is looked for first; this is the order of two look-ups, not a decision.
 */
static __always_inline struct packet_edge *find_conversation(__u32 interface, const struct packet *packet,
							     bool from_pod, struct edge_key *key)
{
	enum role speaker = from_pod ? ROLE_CLIENT : ROLE_SERVER;
	enum role answerer = from_pod ? ROLE_SERVER : ROLE_CLIENT;
	bool to_lower = packet->destination_port <= packet->source_port;
	struct packet_edge *edge;

	packet_key(key, interface, packet, from_pod, to_lower ? speaker : answerer);
	edge = find_plain(key);
	if (edge)
		return edge;
	packet_key(key, interface, packet, from_pod, to_lower ? answerer : speaker);
	return find_plain(key);
}

static __always_inline void add_packets(struct packet_edge *edge, struct __sk_buff *skb, __u32 network, bool from_pod)
{
	__u64 bytes = skb->len - network;
	/* One skb may stand for many datagrams (GSO). */
	__u64 packets = skb->gso_segs ? skb->gso_segs : 1;

	if (from_pod) {
		ADD(edge->packets_from_pod, packets);
		ADD(edge->bytes_from_pod, bytes);
	} else {
		ADD(edge->packets_to_pod, packets);
		ADD(edge->bytes_to_pod, bytes);
	}
}

static __always_inline void add_sctp(struct packet_edge *edge, const struct packet *packet)
{
	switch (packet->kind) {
	case SCTP_INIT:
		ADD(edge->attempts, 1);
		break;
	case SCTP_INIT_ACK:
		ADD(edge->established, 1);
		break;
	case SCTP_ABORT:
		/* Later aborts end an association that was accepted. */
		if (edge->attempts > edge->established + edge->refused)
			ADD(edge->refused, 1);
		break;
	}
}

static __always_inline void add_conversation(struct packet_edge *edge, struct __sk_buff *skb,
					     const struct packet *packet, bool from_pod)
{
	edge->last_ns = bpf_ktime_get_coarse_ns();
	add_packets(edge, skb, packet->network, from_pod);
	if (packet->protocol == IPPROTO_SCTP)
		add_sctp(edge, packet);
}

/* Counts a packet in an edge whose key is known. Where it is translated, the edge that the pod sees only remembers. */
static __always_inline void count_in(struct edge_key *key, enum evidence evidence, struct __sk_buff *skb,
				     const struct packet *packet, bool from_pod, const struct tracked *tracked)
{
	struct overflow *spilled;
	struct packet_edge *edge;

	if (tracked->translated)
		apply_translation(key, tracked->remote, tracked->port);
	edge = packet_entry(key, evidence, tracked->translated, &spilled);
	if (!edge)
		return;
	add_conversation(edge, skb, packet, from_pod);
	settle(spilled);
}

/* The pod's role as the packet itself tells it: a client begins an association, a server accepts it. 0 for others. */
static __always_inline enum role role_by_handshake(const struct packet *packet, bool from_pod)
{
	if (packet->protocol != IPPROTO_SCTP)
		return 0;
	if (packet->kind == SCTP_INIT)
		return from_pod ? ROLE_CLIENT : ROLE_SERVER;
	if (packet->kind == SCTP_INIT_ACK)
		return from_pod ? ROLE_SERVER : ROLE_CLIENT;
	return 0;
}

static __always_inline void converse(struct __sk_buff *skb, const struct packet *packet, bool from_pod)
{
	__u32 interface = skb->ifindex;
	struct tracked tracked = {};
	struct packet_edge *edge;
	struct overflow *spilled;
	enum evidence evidence;
	struct edge_key key;
	enum role role;

	/* Read once: the verifier refuses a context whose member's address is kept. */
	barrier_var(interface);
	if (!from_pod)
		read_tracked(skb, &tracked);
	role = role_by_handshake(packet, from_pod);
	if (role) {
		packet_key(&key, interface, packet, from_pod, role);
		edge = find_plain(&key);
	} else {
		edge = find_conversation(interface, packet, from_pod, &key);
	}
	if (edge && !tracked.translated) {
		add_conversation(edge, skb, packet, from_pod);
		return;
	}
	if (edge) {
		edge->last_ns = bpf_ktime_get_coarse_ns();
		evidence = edge->evidence;
	} else {
		evidence = EVIDENCE_HANDSHAKE;
		if (!role)
			role = decide_role(skb, packet, from_pod, &tracked, &evidence);
		packet_key(&key, interface, packet, from_pod, role);
		/* The pod's answer will look for the edge that the pod sees. */
		if (tracked.translated && packet_entry(&key, evidence, false, &spilled))
			settle(spilled);
	}
	count_in(&key, evidence, skb, packet, from_pod, &tracked);
}

/* A later fragment of a datagram has no ports; the first one's are remembered for it. False when they are not. */
static __always_inline bool find_ports(struct packet *packet, __u32 interface, bool later)
{
	struct fragment_key key = { .id = packet->fragment_id, .interface = interface, .protocol = packet->protocol };
	struct fragment_ports *known, ports = { packet->source_port, packet->destination_port };

	__builtin_memcpy(key.source, packet->source, 16);
	__builtin_memcpy(key.destination, packet->destination, 16);
	if (!later) {
		bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
		return true;
	}
	known = bpf_map_lookup_elem(&fragments, &key);
	if (!known)
		return false;
	packet->source_port = known->source;
	packet->destination_port = known->destination;
	return true;
}

#endif
