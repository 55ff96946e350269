/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP: who asked whom, and which conversation an error is about. */
#ifndef WEIR_ICMP_H
#define WEIR_ICMP_H

/* RFC 792, RFC 950 and RFC 4443. */
#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
/* Code of an unreachable that asks for smaller packets, and refuses nothing (RFC 1191). */
#define ICMP_FRAGMENTATION_NEEDED 4
#define ICMP_ECHO 8
#define ICMP_TIMESTAMP 13
#define ICMP_TIMESTAMP_REPLY 14
#define ICMPV6_UNREACHABLE 1
#define ICMPV6_ECHO 128
#define ICMPV6_ECHO_REPLY 129

#define ICMP_HEADER_SIZE 8

/* The type of the request that a message is, or answers; -1 when it is neither. */
static __always_inline int request_type(const struct packet *packet, bool *answer)
{
	*answer = false;
	if (packet->protocol == IPPROTO_ICMPV6) {
		*answer = packet->kind == ICMPV6_ECHO_REPLY;
		return *answer || packet->kind == ICMPV6_ECHO ? ICMPV6_ECHO : -1;
	}
	switch (packet->kind) {
	case ICMP_ECHO_REPLY:
		*answer = true;
		return ICMP_ECHO;
	case ICMP_TIMESTAMP_REPLY:
		*answer = true;
		return ICMP_TIMESTAMP;
	case ICMP_ECHO:
	case ICMP_TIMESTAMP:
		return packet->kind;
	default:
		return -1;
	}
}

/* Reads the packet that an error is about, which is as its sender sent it. */
static __always_inline bool parse_rejected(struct __sk_buff *skb, const struct packet *error, struct packet *inner)
{
	__u32 at = error->transport + ICMP_HEADER_SIZE;
	struct ipv6hdr ipv6;
	struct iphdr ipv4;
	__be16 ports[2];

	if (error->protocol == IPPROTO_ICMP) {
		if (bpf_skb_load_bytes(skb, at, &ipv4, sizeof(ipv4)))
			return false;
		if (ipv4.version != 4 || ipv4.ihl * 4 < sizeof(ipv4) || ipv4.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
			return false;
		take_ipv4(&ipv4, inner);
		at += ipv4.ihl * 4;
	} else {
		if (bpf_skb_load_bytes(skb, at, &ipv6, sizeof(ipv6)))
			return false;
		if (ipv6.version != 6)
			return false;
		take_ipv6(&ipv6, inner);
		at += sizeof(ipv6);
	}
	if (inner->protocol != IPPROTO_TCP && inner->protocol != IPPROTO_UDP && inner->protocol != IPPROTO_SCTP)
		return false;
	if (bpf_skb_load_bytes(skb, at, ports, sizeof(ports)))
		return false;
	take_ports(ports, inner);
	return true;
}

static __always_inline void remember_rejection(const struct packet *rejected)
{
	struct connection connection = { .local_port = rejected->source_port,
					 .remote_port = rejected->destination_port };
	__u64 now = bpf_ktime_get_coarse_ns();

	__builtin_memcpy(connection.local, rejected->source, 16);
	__builtin_memcpy(connection.remote, rejected->destination, 16);
	bpf_map_update_elem(&rejections, &connection, &now, BPF_ANY);
}

/*
 * Unreachable: somebody refused what the pod had sent, or the pod what it was sent. It counts only where there is an
 * edge of that conversation with the pod's peer as its client or server; sockets in this kernel tell of TCP themselves.
 */
static __always_inline void count_rejected(struct __sk_buff *skb, const struct packet *error, bool from_pod)
{
	struct packet inner = {};
	struct packet_edge *edge;
	struct edge_key key;

	if (!parse_rejected(skb, error, &inner)) {
		count(STAT_PACKETS_OTHER_PROTOCOL);
		return;
	}
	if (inner.protocol == IPPROTO_TCP && !from_pod)
		remember_rejection(&inner);
	/* An error that comes to the pod is about a packet from the pod. */
	packet_key(&key, skb->ifindex, &inner, !from_pod, from_pod ? ROLE_SERVER : ROLE_CLIENT);
	edge = find_plain(&key);
	if (edge && (inner.protocol == IPPROTO_UDP || edge->attempts > edge->established + edge->refused))
		ADD(edge->refused, 1);
	else if (inner.protocol != IPPROTO_TCP)
		count(STAT_PACKETS_OTHER_PROTOCOL);
}

static __always_inline bool is_rejection(const struct packet *packet)
{
	if (packet->protocol == IPPROTO_ICMPV6)
		return packet->kind == ICMPV6_UNREACHABLE;
	return packet->kind == ICMP_UNREACHABLE && packet->code != ICMP_FRAGMENTATION_NEEDED;
}

static __always_inline void on_icmp(struct __sk_buff *skb, struct packet *packet, bool from_pod)
{
	struct tracked tracked = {};
	struct edge_key key;
	bool answer;
	int type = request_type(packet, &answer);

	if (type < 0) {
		if (is_rejection(packet))
			count_rejected(skb, packet, from_pod);
		else
			count(STAT_PACKETS_OTHER_PROTOCOL);
		return;
	}
	if (!from_pod)
		read_tracked(skb, &tracked);
	packet->source_port = packet->destination_port = type << 8;
	packet_key(&key, skb->ifindex, packet, from_pod, from_pod == answer ? ROLE_SERVER : ROLE_CLIENT);
	/* An ICMP message has an identifier where others have a port. */
	tracked.port = key.port;
	count_in(&key, EVIDENCE_HANDSHAKE, skb, packet, from_pod, &tracked);
}

#endif
