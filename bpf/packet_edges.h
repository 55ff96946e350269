/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The edges that interfaces see: their keys, and their entries in the two maps for them. */
#ifndef WEIR_PACKET_EDGES_H
#define WEIR_PACKET_EDGES_H

/* Set once packet_edges was full: then an edge that is missing does not mean that nobody spoke before. */
static bool memory_has_gaps;

static __always_inline void packet_key(struct edge_key *key, __u32 interface, const struct packet *packet,
				       bool from_pod, enum role role)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->scope = interface;
	key->scope_type = SCOPE_INTERFACE;
	__builtin_memcpy(key->remote, from_pod ? packet->destination : packet->source, 16);
	/* The server's port is the destination's when the client is the one who sends. */
	key->port = from_pod == (role == ROLE_CLIENT) ? packet->destination_port : packet->source_port;
	key->protocol = packet->protocol;
	key->role = role;
}

static __always_inline void shorten(const struct edge_key *key, struct plain_edge_key *plain)
{
	__builtin_memcpy(plain->remote, key->remote, 16);
	plain->interface = key->scope;
	plain->port = key->port;
	plain->protocol = key->protocol;
	plain->role = key->role;
}

/* Finds the entry of an edge that nothing translates. */
static __always_inline struct packet_edge *find_plain(const struct edge_key *key)
{
	struct plain_edge_key plain;

	shorten(key, &plain);
	return bpf_map_lookup_elem(&packet_edges, &plain);
}

/* Finds or makes the entry of an edge, in the map for its kind of key. */
static __always_inline struct packet_edge *packet_entry(const struct edge_key *key, enum evidence evidence,
							bool translated, struct overflow **spilled)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct packet_edge fresh = { .first_ns = now, .last_ns = now, .evidence = evidence };
	struct plain_edge_key plain;
	struct packet_edge *edge;

	shorten(key, &plain);
	if (translated)
		edge = claim(&translated_edges, MAP_TRANSLATED_EDGES, key, sizeof(*key), &fresh, sizeof(fresh),
			     spilled);
	else
		edge = claim(&packet_edges, MAP_PACKET_EDGES, &plain, sizeof(plain), &fresh, sizeof(fresh), spilled);
	if (edge)
		edge->last_ns = now;
	if (!edge || *spilled)
		memory_has_gaps = true;
	return edge;
}

#endif
