/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the node's connection tracking says of a packet: who spoke first, and who is behind a translated address. */
#ifndef WEIR_TRANSLATE_H
#define WEIR_TRANSLATE_H

/* Where connection tracking is a module, its types are found only by a process with CAP_SYS_ADMIN. */
#define CONNTRACK_IS_READABLE                                                                                          \
	(knobs.conntrack && bpf_core_field_exists(struct sk_buff, _nfct) && bpf_core_type_exists(struct nf_conn) &&    \
	 bpf_core_type_exists(struct nf_conntrack_tuple_hash))

struct tracked {
	bool known; /* the packet belongs to a connection that is tracked */
	bool reply; /* it goes the other way than the connection's first packet */
	bool translated; /* the far end is another than its pod sees */
	__u16 port; /* of the far end, where it is translated */
	__u8 remote[16]; /* likewise */
};

static __always_inline void take_tuple_address(const struct nf_conntrack_man *man, __u8 *address)
{
	if (BPF_CORE_READ(man, l3num) == AF_INET)
		map_ipv4(address, BPF_CORE_READ(man, u3.ip));
	else
		BPF_CORE_READ_INTO((__u32(*)[4])address, man, u3.all);
}

/* The kernel's own form of a packet, with plain loads; a kernel without it copies. */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;

/* What connection tracking has attached to a packet on an interface; 0 when there is nothing. */
static __always_inline unsigned long attached_to(struct __sk_buff *skb)
{
	if (!CONNTRACK_IS_READABLE)
		return 0;
	if (bpf_cast_to_kern_ctx)
		return ((struct sk_buff *)bpf_cast_to_kern_ctx(skb))->_nfct;
	return BPF_CORE_READ((struct sk_buff *)skb, _nfct);
}

/* The connection that a packet belongs to, and which way the packet goes; NULL when it is not tracked. */
static __always_inline struct nf_conn *find_tracked(unsigned long attached, struct tracked *tracked)
{
	struct nf_conn *connection = (struct nf_conn *)(attached & ~NFCT_INFOMASK);

	if (!connection)
		return NULL;
	tracked->known = true;
	tracked->reply = (attached & NFCT_INFOMASK) >= IP_CT_IS_REPLY;
	return connection;
}

/*
 * Reads who spoke first and who is at the far end of a packet that is about to leave towards a pod. On its way to the
 * connection's server the far end is the client before the node masqueraded it (the source of the original direction),
 * on its way back the server behind the Service (the source of the reply direction).
 */
static __always_inline void read_tracked(struct __sk_buff *skb, struct tracked *tracked)
{
	struct nf_conn *connection = find_tracked(attached_to(skb), tracked);
	const struct nf_conntrack_man *far;
	unsigned long status;

	if (!connection)
		return;
	status = BPF_CORE_READ(connection, status);
	if (!(status & (tracked->reply ? IPS_DST_NAT : IPS_SRC_NAT)))
		return;
	tracked->translated = true;
	far = tracked->reply ? &connection->tuplehash[IP_CT_DIR_REPLY].tuple.src
			     : &connection->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src;
	take_tuple_address(far, tracked->remote);
	tracked->port = bpf_ntohs(BPF_CORE_READ(far, u.all));
}

/* Remembers who is behind the far end of a connection until its socket asks. `packet` is on its way to the pod. */
static __always_inline void remember_translation(const struct packet *packet, const struct tracked *tracked)
{
	struct connection connection = { .local_port = packet->destination_port, .remote_port = packet->source_port };
	struct translation translation = { .ns = bpf_ktime_get_coarse_ns(), .port = tracked->port };

	__builtin_memcpy(connection.local, packet->destination, 16);
	__builtin_memcpy(connection.remote, packet->source, 16);
	__builtin_memcpy(translation.remote, tracked->remote, 16);
	if (bpf_map_update_elem(&translations, &connection, &translation, BPF_ANY))
		count(STAT_TRANSLATIONS_FULL);
	else
		__sync_fetch_and_add(&translations_waiting, 1);
}

/*
 * Puts the real far end into a key in place of the one that the pod sees. A client sees the Service's port; a server
 * sees its own, which stays.
 */
static __always_inline void apply_translation(struct edge_key *key, const __u8 *remote, __u16 port)
{
	__builtin_memcpy(key->seen_as, key->remote, 16);
	__builtin_memcpy(key->remote, remote, 16);
	key->seen_port = key->port;
	if (key->role == ROLE_CLIENT)
		key->port = port;
}

#endif
