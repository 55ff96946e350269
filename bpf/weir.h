/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel side hands to user space. The layouts are read back from the object's BTF by a test, so that the
 * decoder in agent/source cannot drift from them.
 */
#ifndef WEIR_H
#define WEIR_H

#include <linux/types.h>

enum role {
	ROLE_CLIENT = 1,
	ROLE_SERVER = 2,
};

/* What edge_key.scope counts in. */
enum scope_type {
	SCOPE_NAMESPACE = 1, /* cookie of the pod's network namespace */
	SCOPE_INTERFACE = 2, /* index of the pod's interface in the node's namespace */
};

/* How it is known which end is the client, from the weakest to the strongest. */
enum evidence {
	EVIDENCE_PORTS = 1,
	EVIDENCE_LISTENER = 2,
	EVIDENCE_FIRST_PACKET = 3,
	EVIDENCE_CONNTRACK = 4,
	EVIDENCE_HANDSHAKE = 5,
};

/*
 * Who a pod talks to: one entry however many connections there are, so there is no client port.
 * Addresses are IPv6, or IPv4 mapped into it. port: the server's, host byte order; ICMP: type * 256 + code.
 * seen_as, seen_port: what the pod saw in place of remote and port where the node translates addresses; zero where
 * nothing is translated.
 */
struct edge_key {
	__u64 scope;
	__u8 remote[16];
	__u16 port;
	__u16 seen_port;
	__u8 protocol;
	__u8 role;
	__u8 scope_type;
	__u8 zero;
	__u8 seen_as[16];
};

/* The same for what interfaces see where nothing is translated: less to hash for every packet. */
struct plain_edge_key {
	__u8 remote[16];
	__u32 interface;
	__u16 port;
	__u8 protocol;
	__u8 role;
};

/*
 * Times are CLOCK_MONOTONIC nanoseconds. Counts only ever grow while an entry lives; user space takes differences.
 *
 * What every connection or packet writes stands in the last 64 bytes. With the kernel's 48 bytes before the key an
 * element is three cache lines, and the last one alone wanders between CPUs.
 */
struct socket_edge {
	__u64 first_ns;
	__u64 refused;
	__u64 unanswered;
	__u64 retransmits;
	/* the last cache line */
	__u64 last_ns;
	__u64 established; /* a client's attempts are these, the refused and the unanswered */
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 segments_sent;
	__u64 segments_received;
	__u64 rtt_us; /* sum of samples of the smoothed round-trip time */
	__u64 rtt_samples;
};

struct packet_edge {
	__u64 first_ns;
	__u64 evidence; /* enum evidence; does not change */
	__u64 syn_packets;
	__u64 attempts; /* SCTP, and TCP of pods whose sockets are not in this kernel */
	__u64 established; /* likewise */
	__u64 refused; /* resets, aborts and ICMP unreachables that no socket in this kernel tells of */
	__u64 zero;
	/* the last cache line */
	__u64 last_ns;
	__u64 packets_from_pod;
	__u64 bytes_from_pod;
	__u64 packets_to_pod;
	__u64 bytes_to_pod;
	__u64 zeros[3];
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

/* What is known of a watched interface. */
struct interface {
	__u64 cookie; /* of the pod's namespace; 0 while it is not known */
	__u64 since_ns; /* when it came to be watched */
	__s32 nsid; /* of the pod's namespace as the node's knows it; -1 when it is not known */
	__u8 born_watched; /* it was watched before its pod could speak */
	__u8 zero[3];
};

/* A connection as its pod sees it. Ports are host byte order. */
struct connection {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 zero;
};

/* What is behind the far end that a pod sees. */
struct translation {
	__u8 remote[16];
	__u64 ns; /* when it was seen; CLOCK_MONOTONIC */
	__u16 port;
	__u16 zero[3];
};

/* Reasons below this number can be left out; those of kernel subsystems are larger and never are. */
#define REASON_BITS 256

struct knobs {
	/* Cookie of the network namespace that the agent runs in: the node's. Its own sockets are no pod's. */
	__u64 node_cookie;
	/* A bit for each drop reason that says nothing of the network. */
	__u64 ignored_reasons[REASON_BITS / 64];
	/* Whether DNS answers are handed up: 0 or 1. */
	__u64 dns_answers;
	/* Whether connection tracking is asked: 0 or 1. */
	__u64 conntrack;
	/* As in struct identity: of two generations of tracing programs that are attached, the one that counts. */
	__u64 program;
};

/* Tells what is pinned apart: hashes and a number that user space chooses. */
struct identity {
	__u64 capture; /* a number of its own for every set of maps */
	__u64 layout; /* what the maps look like */
	__u64 program; /* the programs that count, with their knobs */
	__u64 searching; /* 1 while sockets that were open before the capture are searched for */
};

enum edge_map {
	MAP_SOCKET_EDGES = 0,
	MAP_PACKET_EDGES = 1,
	MAP_DROP_EDGES = 2,
	MAP_TRANSLATED_EDGES = 3,
};

#define OVERFLOW_KEY_SIZE sizeof(struct drop_key)
#define OVERFLOW_VALUE_SIZE sizeof(struct packet_edge)

/* One event of an edge that its map had no room for: the entry as it would be with this event alone. */
struct overflow {
	__u32 map; /* enum edge_map */
	__u32 zero;
	__u8 key[OVERFLOW_KEY_SIZE];
	__u8 value[OVERFLOW_VALUE_SIZE];
};

/* Longer than an Ethernet frame's payload: a segment that was not merged with others always fits. */
#define DNS_PAYLOAD_SIZE 1536

/* A DNS answer on its way to a pod, from the UDP payload or one TCP segment. */
struct dns_answer {
	__u64 ns;
	__u32 interface;
	__u32 sequence; /* TCP sequence number of the first byte; 0 for UDP */
	__u16 client_port;
	__u16 length; /* of the payload; more than DNS_PAYLOAD_SIZE when it was cut */
	__u8 protocol;
	__u8 zero[3];
	__u8 server[16];
	__u8 payload[DNS_PAYLOAD_SIZE];
};

/* What iter/task_file writes for a file that holds a namespace open. */
struct namespace_file {
	__u64 cookie;
	__u32 tgid;
	__u32 fd;
};

/* What iter/task writes for a process. */
struct process_namespace {
	__u64 cookie;
	__u32 tgid;
	__u32 zero;
};

/* What happened beside the edges: everything that was seen and is in no edge is in one of these. */
enum statistic {
	/* Losses: an edge, or a part of its counts, is missing. */
	STAT_OVERFLOW_RING_FULL,
	STAT_DNS_ANSWERS_LOST,
	STAT_TRANSLATIONS_FULL,
	/* An edge map was full, and the event went through the overflow ring. */
	STAT_SOCKET_EDGES_FULL,
	STAT_PACKET_EDGES_FULL,
	STAT_DROP_EDGES_FULL,
	STAT_TRANSLATED_EDGES_FULL,
	/* A socket that could not be followed while it was open: it is counted whole when it closes. */
	STAT_SOCKETS_UNFOLLOWED,
	/* Seen, and in no edge for a reason. */
	STAT_DROPS_UNATTRIBUTED,
	STAT_PACKETS_MALFORMED,
	STAT_PACKETS_FRAGMENTED,
	STAT_SOCKETS_LOOPBACK,
	STAT_PACKETS_OTHER_PROTOCOL,
	STAT_COUNT,
};

#endif
