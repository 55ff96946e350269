/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who of the two ends of a conversation is the client, where its packets do not say it. */
#ifndef WEIR_DIRECTION_H
#define WEIR_DIRECTION_H

/* Longer than connection tracking remembers a UDP conversation that pauses (nf_conntrack_udp_timeout_stream). */
#define SETTLED_NS (180ULL * 1000000000ULL)

/* Connection tracking in the namespace of the interface; unresolved where the kernel does not offer it to programs. */
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 tuple__sz,
					 struct bpf_ct_opts *opts, __u32 opts__sz) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *connection) __ksym __weak;

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

#endif
