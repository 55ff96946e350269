/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that have no connection to ask: UDP, SCTP and ICMP. Who of the two ends is the client is decided once, when
 * their edge is made, and kept with the edge: entries stay while they are in use, so an answer never looks like a first
 * word.
 */
#ifndef WEIR_CONVERSATIONS_H
#define WEIR_CONVERSATIONS_H

/* Longer than connection tracking remembers a UDP conversation that pauses (nf_conntrack_udp_timeout_stream). */
#define SETTLED_NS (180ULL * 1000000000ULL)

/* Connection tracking in the namespace of the interface; unresolved where the kernel does not offer it to programs. */
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 tuple__sz,
					 struct bpf_ct_opts *opts, __u32 opts__sz) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *connection) __ksym __weak;

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

static __always_inline bool is_ipv4(const __u8 *address)
{
	__u32 words[3];

	__builtin_memcpy(words, address, sizeof(words));
	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* A packet's ends, or those of a packet the other way. Returns the size that tells the family. */
static __always_inline __u32 take_tuple(const struct packet *packet, bool turned, struct bpf_sock_tuple *tuple)
{
	const __u8 *source = turned ? packet->destination : packet->source;
	const __u8 *destination = turned ? packet->source : packet->destination;
	__be16 from = bpf_htons(turned ? packet->destination_port : packet->source_port);
	__be16 to = bpf_htons(turned ? packet->source_port : packet->destination_port);

	if (is_ipv4(source)) {
		__builtin_memcpy(&tuple->ipv4.saddr, source + 12, 4);
		__builtin_memcpy(&tuple->ipv4.daddr, destination + 12, 4);
		tuple->ipv4.sport = from;
		tuple->ipv4.dport = to;
		return sizeof(tuple->ipv4);
	}
	__builtin_memcpy(&tuple->ipv6.saddr, source, 16);
	__builtin_memcpy(&tuple->ipv6.daddr, destination, 16);
	tuple->ipv6.sport = from;
	tuple->ipv6.dport = to;
	return sizeof(tuple->ipv6);
}

/* Asks connection tracking who spoke first. A packet from a pod has not met it yet, earlier ones have. */
static __always_inline enum role role_by_conntrack(struct __sk_buff *skb, const struct packet *packet)
{
	struct bpf_ct_opts options = { .netns_id = BPF_F_CURRENT_NETNS, .l4proto = packet->protocol };
	struct bpf_sock_tuple tuple = {};
	struct nf_conn *connection;
	__u32 size;

	if (!knobs.conntrack || !bpf_skb_ct_lookup || !bpf_ct_release || packet->protocol != IPPROTO_UDP)
		return 0;
	size = take_tuple(packet, false, &tuple);
	connection = size == sizeof(tuple.ipv4)
			     ? bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &options, sizeof(options))
			     : bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), &options, sizeof(options));
	if (!connection)
		return 0;
	bpf_ct_release(connection);
	return options.dir == IP_CT_DIR_ORIGINAL ? ROLE_CLIENT : ROLE_SERVER;
}

/* Ports below are for services alone; from the other on the kernel gives them out by default. */
#define FIRST_USER_PORT 1024
#define FIRST_EPHEMERAL_PORT 32768

/*
 * Asks the pod's socket: a port that the kernel chose is a client's, one that was bound by name a server's. A resolver
 * binds its own random ports by name, but what it talks to has a service's.
 */
static __always_inline enum role role_by_socket(struct __sk_buff *skb, const struct packet *packet, bool from_pod,
						__s32 nsid)
{
	struct bpf_sock_tuple tuple = {};
	__u16 own = from_pod ? packet->source_port : packet->destination_port;
	__u16 other = from_pod ? packet->destination_port : packet->source_port;
	struct bpf_sock *socket;
	struct sock *address;
	bool by_name;
	__u32 size;

	if (packet->protocol != IPPROTO_UDP || nsid < 0)
		return 0;
	/* The lookup takes a packet's ends as they are when it arrives at the socket. */
	size = take_tuple(packet, from_pod, &tuple);
	socket = size == sizeof(tuple.ipv4) ? bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), nsid, 0)
					    : bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), nsid, 0);
	if (!socket)
		return 0;
	/* The verifier allows no arithmetic on a socket's pointer; read back from the stack it is a number. */
	if (bpf_probe_read_kernel(&address, sizeof(address), &socket))
		address = NULL;
	by_name = BPF_CORE_READ_BITFIELD_PROBED(address, sk_userlocks) & SOCK_BINDPORT_LOCK;
	bpf_sk_release(socket);
	return by_name && !(own >= FIRST_USER_PORT && other < FIRST_USER_PORT) ? ROLE_SERVER : ROLE_CLIENT;
}

/* Whether the ports say that this packet is the client's. Where they say nothing, it is: somebody has to be first. */
static __always_inline bool speaks_first_by_ports(const struct packet *packet)
{
	return packet->source_port >= FIRST_EPHEMERAL_PORT || packet->destination_port < FIRST_EPHEMERAL_PORT;
}

/* Who the pod is in a conversation whose edge is not there, by the strongest evidence that is to be had. */
static __always_inline enum role decide_role(struct __sk_buff *skb, const struct packet *packet, bool from_pod,
					     const struct tracked *tracked, enum evidence *evidence)
{
	__u32 index = skb->ifindex;
	struct interface *watched = bpf_map_lookup_elem(&interfaces, &index);
	enum role role;

	*evidence = EVIDENCE_CONNTRACK;
	if (tracked->known)
		return tracked->reply ? ROLE_CLIENT : ROLE_SERVER;
	*evidence = EVIDENCE_FIRST_PACKET;
	if (!memory_has_gaps &&
	    (!watched || watched->born_watched || bpf_ktime_get_coarse_ns() - watched->since_ns > SETTLED_NS))
		return from_pod ? ROLE_CLIENT : ROLE_SERVER;
	*evidence = EVIDENCE_CONNTRACK;
	role = from_pod ? role_by_conntrack(skb, packet) : 0;
	if (role)
		return role;
	*evidence = EVIDENCE_LISTENER;
	role = role_by_socket(skb, packet, from_pod, watched ? watched->nsid : -1);
	if (role)
		return role;
	*evidence = EVIDENCE_PORTS;
	return from_pod == speaks_first_by_ports(packet) ? ROLE_CLIENT : ROLE_SERVER;
}

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
