/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel side hands to user space. The layouts are read back from the object's BTF by a test, so that the
 * decoder in agent/source cannot drift from them.
 */
#ifndef WEIR_H
#define WEIR_H

enum role {
	ROLE_CLIENT = 1,
	ROLE_SERVER = 2,
};

/*
 * Who a pod talks to: one entry however many connections there are, so there is no client port.
 * scope: cookie of the pod's network namespace in socket_edges, index of its host-side interface elsewhere.
 * remote: IPv6, or IPv4 mapped into it. port: the server's, host byte order.
 */
struct edge_key {
	__u64 scope;
	__u8 remote[16];
	__u16 port;
	__u8 protocol;
	__u8 role;
	__u32 zero;
};

/* Times are CLOCK_MONOTONIC nanoseconds. Counts only ever grow while an entry lives; user space takes differences. */
struct socket_edge {
	__u64 first_ns;
	__u64 last_ns;
	__u64 attempts;
	__u64 established;
	__u64 refused;
	__u64 unanswered;
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 segments_sent;
	__u64 segments_received;
	__u64 retransmits;
};

struct packet_edge {
	__u64 first_ns;
	__u64 last_ns;
	__u64 syn_packets;
	__u64 packets_from_pod;
	__u64 bytes_from_pod;
	__u64 packets_to_pod;
	__u64 bytes_to_pod;
};

struct drop_key {
	struct edge_key edge;
	__u32 reason; /* enum skb_drop_reason of the running kernel */
	__u32 zero;
};

struct drop_edge {
	__u64 first_ns;
	__u64 last_ns;
	__u64 packets;
};

/* What happened beside the edges: everything that was seen and is in no edge is in one of these. */
enum statistic {
	/* Losses: an edge, or a part of its counts, is missing. */
	STAT_SOCKET_EDGES_FULL,
	STAT_PACKET_EDGES_FULL,
	STAT_DROP_EDGES_FULL,
	STAT_SOCKET_STORAGE_FAILED,
	STAT_DROPS_UNATTRIBUTED,
	STAT_PACKETS_MALFORMED,
	STAT_PACKETS_FRAGMENTED,
	/* Left out on purpose. */
	STAT_SOCKETS_LOOPBACK,
	STAT_PACKETS_OTHER_PROTOCOL,
	STAT_COUNT,
};

#endif
