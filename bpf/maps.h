/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map, and what happens when one is full. Sizes are defaults: user space sets them before loading. */
#ifndef WEIR_MAPS_H
#define WEIR_MAPS_H

/* Set by user space before loading. */
const volatile struct knobs knobs = {};

/*
 * TCP as the sockets of pods tell it. Key: edge_key with a namespace cookie. 48 + 96 bytes an entry.
 * Emptied by user space when an edge was idle or its namespace went; full: the overflow ring.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct edge_key);
	__type(value, struct socket_edge);
} socket_edges SEC(".maps");

/*
 * What pod interfaces tell. Key: plain_edge_key. 24 + 120 bytes an entry.
 * Emptied by user space when an edge was idle or the interface went; full: the overflow ring.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct plain_edge_key);
	__type(value, struct packet_edge);
} packet_edges SEC(".maps");

/* The same where the node translates the far end's address. Key: edge_key. 48 + 120 bytes an entry. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct edge_key);
	__type(value, struct packet_edge);
} translated_edges SEC(".maps");

/*
 * Dropped packets from and to pods, by reason. Key: either scope. 56 + 24 bytes an entry.
 * Emptied like the other two; full: the overflow ring.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct drop_key);
	__type(value, struct drop_edge);
} drop_edges SEC(".maps");

/*
 * struct overflow, one an event that found its map full. Read by user space several times a second;
 * full: STAT_OVERFLOW_RING_FULL.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} overflow SEC(".maps");

/* struct dns_answer. Read by user space several times a second; full: STAT_DNS_ANSWERS_LOST. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} dns_answers SEC(".maps");

/*
 * Pod interfaces that are watched, by index. Filled and emptied by user space; a drop on any other interface is not
 * ours. 4 + 24 bytes an entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct interface);
} interfaces SEC(".maps");

/*
 * Translated connections between their handshake on the interface and their establishment in the socket, which takes
 * the entry out; and those that were open before the capture, which user space notes for the search for their sockets.
 * User space sweeps what never became a connection; full: STAT_TRANSLATIONS_FULL, and the edge keeps
 * the address that the pod saw. 40 + 32 bytes an entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct connection);
	__type(value, struct translation);
} translations SEC(".maps");

/*
 * Attempts that an ICMP message has rejected, as their pod sees them. A program that does not wait for its connection
 * hears of it and closes the socket, which itself would have gone on trying. An entry that goes early makes the attempt
 * an unanswered one. 40 + 8 bytes an entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct connection);
	__type(value, __u64);
} rejections SEC(".maps");

struct fragment_key {
	__u8 source[16];
	__u8 destination[16];
	__u32 id;
	__u32 interface;
	__u32 protocol;
};

struct fragment_ports {
	__u16 source;
	__u16 destination;
};

/*
 * Ports of fragmented datagrams, from their first fragments. An entry that goes early costs the edge the bytes of the
 * later fragments, never the edge itself: STAT_PACKETS_FRAGMENTED. 44 + 4 bytes an entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fragment_key);
	__type(value, struct fragment_ports);
} fragments SEC(".maps");

/*
 * How many translations wait, or more: the map is looked into only when there is anything to find. User space sweeps
 * without telling, so that it may stay above zero.
 */
static __u64 translations_waiting;

/*
 * What is remembered of an open TCP socket: its edge, and how much of its counters is in the edge already. A connection
 * gets it when it is found open at the start or at the end of a window, or when the node translates it: most are over
 * before, and tell all at their close.
 */
struct socket_state {
	struct edge_key key;
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 segments_sent;
	__u64 segments_received;
	__u64 retransmits;
};

/* Freed by the kernel with its socket. No room: STAT_SOCKETS_UNFOLLOWED. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_state);
} socket_states SEC(".maps");

/*
 * The same where the kernel lets no program of ours use socket storage: by the socket's address, taken out at its
 * close. Full: STAT_SOCKETS_UNFOLLOWED. 8 + 88 bytes an entry, allocated as needed.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct socket_state);
} socket_states_by_address SEC(".maps");

/* Which capture the pinned maps belong to, and which programs count. Written by user space only. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct identity);
} identity SEC(".maps");

/* enum statistic -> count; only ever grows. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} statistics SEC(".maps");

/* A structure that only a ring buffer carries would be missing from the object's type information. */
const struct overflow *overflow_type __attribute__((unused));
const struct dns_answer *dns_answer_type __attribute__((unused));

static __always_inline void count(enum statistic which)
{
	__u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&statistics, &key);

	if (value)
		*value += 1;
}

/* The capture if this program counts in it; NULL if another generation does, which is attached as well for a moment. */
static __always_inline struct identity *active_capture(void)
{
	__u32 first = 0;
	struct identity *capture = bpf_map_lookup_elem(&identity, &first);

	return capture && capture->program == knobs.program ? capture : NULL;
}

#define ADD(field, amount) __sync_fetch_and_add(&(field), (amount))

/*
 * Finds or makes an entry of an edge map. Two CPUs may make the same entry at once: BPF_NOEXIST lets one win and both
 * then find it. When the map is full the entry is one of the overflow ring, and NULL when that is full too, which is
 * counted. settle() must follow once the counts are added.
 */
static __always_inline void *claim(void *map, enum edge_map which, const void *key, __u32 key_size, const void *fresh,
				   __u32 value_size, struct overflow **spilled)
{
	void *entry = bpf_map_lookup_elem(map, key);

	*spilled = NULL;
	if (entry)
		return entry;
	bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);
	entry = bpf_map_lookup_elem(map, key);
	if (entry)
		return entry;
	count(STAT_SOCKET_EDGES_FULL + which);
	*spilled = bpf_ringbuf_reserve(&overflow, sizeof(struct overflow), 0);
	if (!*spilled) {
		count(STAT_OVERFLOW_RING_FULL);
		return NULL;
	}
	(*spilled)->map = which;
	(*spilled)->zero = 0;
	__builtin_memcpy((*spilled)->key, key, key_size);
	__builtin_memcpy((*spilled)->value, fresh, value_size);
	return (*spilled)->value;
}

static __always_inline void settle(struct overflow *spilled)
{
	/* User space looks by the clock. */
	if (spilled)
		bpf_ringbuf_submit(spilled, BPF_RB_NO_WAKEUP);
}

#endif
