/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map, and the counting of what does not fit. Sizes are defaults: user space sets them before loading. */
#ifndef WEIR_MAPS_H
#define WEIR_MAPS_H

/* Cookie of the network namespace that the agent runs in: the node's. Its own sockets are no pod's. */
const volatile __u64 node_cookie = 0;

/*
 * TCP as the sockets of pods tell it. Key: edge_key with a namespace cookie. 32 + 88 bytes an entry.
 * Emptied by user space when an edge was idle; full: STAT_SOCKET_EDGES_FULL.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct edge_key);
	__type(value, struct socket_edge);
} socket_edges SEC(".maps");

/*
 * UDP and TCP SYNs on pod interfaces. Key: edge_key with an interface index. 32 + 56 bytes an entry.
 * Emptied by user space when an edge was idle or the interface went; full: STAT_PACKET_EDGES_FULL.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct edge_key);
	__type(value, struct packet_edge);
} packet_edges SEC(".maps");

/*
 * Dropped packets from and to pod interfaces, by reason. 40 + 24 bytes an entry.
 * Emptied like packet_edges; full: STAT_DROP_EDGES_FULL.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct drop_key);
	__type(value, struct drop_edge);
} drop_edges SEC(".maps");

/*
 * Pod interfaces that are watched: index -> cookie of the pod's namespace, 0 while it is not known.
 * Filled and emptied by user space; a drop on any other interface is not ours.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} interfaces SEC(".maps");

/*
 * The edge that a TCP socket belongs to: at its close the socket may have given its port back already.
 * Freed by the kernel with its socket.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct edge_key);
} socket_keys SEC(".maps");

/* enum statistic -> count; only ever grows. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} statistics SEC(".maps");

static __always_inline void count(enum statistic which)
{
	__u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&statistics, &key);

	if (value)
		*value += 1;
}

/*
 * Finds or makes an entry of an edge map; NULL when the map is full, which is counted. Two CPUs may make the same
 * entry at once: BPF_NOEXIST lets one win and both then find it.
 */
static __always_inline void *edge_entry(void *map, const void *key, const void *fresh, enum statistic when_full)
{
	void *entry = bpf_map_lookup_elem(map, key);

	if (entry)
		return entry;
	bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);
	entry = bpf_map_lookup_elem(map, key);
	if (!entry)
		count(when_full);
	return entry;
}

#define ADD(field, amount) __sync_fetch_and_add(&(field), (amount))

#endif
