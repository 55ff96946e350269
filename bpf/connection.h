/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is read of a TCP socket, and remembered of it.
 *
 * The same code serves the BTF tracepoint, whose socket pointer the verifier trusts, and the raw one, whose pointer it
 * does not: `raw` is a constant, and what it does not choose is left out of the program.
 */
#ifndef WEIR_CONNECTION_H
#define WEIR_CONNECTION_H

/* A member of a kernel structure: a plain load where the verifier trusts the pointer, else a copy. */
#define READ(raw, pointer, member) ((raw) ? BPF_CORE_READ(pointer, member) : (pointer)->member)

static __always_inline __u64 namespace_of(struct sock *sk, bool raw)
{
	return raw ? BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie) : sk->__sk_common.skc_net.net->net_cookie;
}

static __always_inline bool take_addresses(struct sock *sk, struct connection *connection, bool raw)
{
	__u16 family = READ(raw, sk, __sk_common.skc_family);

	if (family == AF_INET) {
		map_ipv4(connection->remote, READ(raw, sk, __sk_common.skc_daddr));
		map_ipv4(connection->local, READ(raw, sk, __sk_common.skc_rcv_saddr));
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO((struct in6_addr *)connection->remote, sk, __sk_common.skc_v6_daddr);
		BPF_CORE_READ_INTO((struct in6_addr *)connection->local, sk, __sk_common.skc_v6_rcv_saddr);
	} else {
		return false;
	}
	return true;
}

/* The connection as its pod sees it. False when it is no pod's, or stays inside its pod and so reaches no network. */
static __always_inline bool take_connection(struct sock *sk, struct connection *connection, bool raw)
{
	if (namespace_of(sk, raw) == knobs.node_cookie || !take_addresses(sk, connection, raw))
		return false;
	if (is_loopback(connection->remote) || same_address(connection->local, connection->remote))
		return false;
	/* A socket that closes has given up its port already, but not its own note of it. */
	connection->local_port = READ(raw, sk, __sk_common.skc_num);
	if (!connection->local_port)
		connection->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	connection->remote_port = bpf_ntohs(READ(raw, sk, __sk_common.skc_dport));
	connection->zero = 0;
	return true;
}

/* Returns whether the node translates the connection. */
static __always_inline bool socket_key(struct sock *sk, const struct connection *connection, enum role role,
				       struct edge_key *key, bool raw)
{
	struct translation *translation;

	__builtin_memset(key, 0, sizeof(*key));
	key->scope = namespace_of(sk, raw);
	key->scope_type = SCOPE_NAMESPACE;
	key->protocol = IPPROTO_TCP;
	key->role = role;
	key->port = role == ROLE_CLIENT ? connection->remote_port : connection->local_port;
	__builtin_memcpy(key->remote, connection->remote, 16);
	if (!*(volatile __u64 *)&translations_waiting)
		return false;
	translation = bpf_map_lookup_elem(&translations, connection);
	if (!translation)
		return false;
	apply_translation(key, translation->remote, translation->port);
	if (!bpf_map_delete_elem(&translations, connection))
		__sync_fetch_and_add(&translations_waiting, -1);
	return true;
}

/* A listener's backlog is handed down to the sockets that it accepts. */
static __always_inline enum role role_of(struct sock *sk, bool raw)
{
	return READ(raw, sk, sk_max_ack_backlog) ? ROLE_SERVER : ROLE_CLIENT;
}

static __always_inline struct socket_state *find_state(struct sock *sk, bool raw)
{
	__u64 address = (__u64)sk;

	return raw ? bpf_map_lookup_elem(&socket_states_by_address, &address)
		   : bpf_sk_storage_get(&socket_states, sk, NULL, 0);
}

/* Finds or makes the state of a socket; NULL when there is no room, which is counted. */
static __always_inline struct socket_state *make_state(struct sock *sk, struct socket_state *fresh, bool raw)
{
	struct socket_state *state;
	__u64 address = (__u64)sk;

	if (raw) {
		bpf_map_update_elem(&socket_states_by_address, &address, fresh, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&socket_states_by_address, &address);
	} else {
		state = bpf_sk_storage_get(&socket_states, sk, fresh, BPF_SK_STORAGE_GET_F_CREATE);
	}
	if (!state)
		count(STAT_SOCKETS_UNFOLLOWED);
	return state;
}

/* What the kernel's own TCP has counted of a socket. */
struct traffic {
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 segments_sent;
	__u64 segments_received;
	__u64 retransmits;
	__u32 rtt_us;
};

static __always_inline bool read_traffic(struct sock *sk, struct traffic *now, bool raw)
{
	struct tcp_sock *tcp = raw ? (struct tcp_sock *)sk : bpf_skc_to_tcp_sock(sk);
	unsigned long flags = READ(raw, sk, __sk_common.skc_flags);
	__u64 received;

	if (!tcp)
		return false;
	received = READ(raw, tcp, bytes_received);
	/* The kernel counts a received FIN as one byte; SOCK_DONE says that there was one. */
	if (received && flags & (1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE)))
		received--;
	/* Payload as the peer can see it: what was sent again counts once. */
	now->bytes_sent = READ(raw, tcp, bytes_sent) - READ(raw, tcp, bytes_retrans);
	now->bytes_received = received;
	now->segments_sent = READ(raw, tcp, segs_out);
	now->segments_received = READ(raw, tcp, segs_in);
	now->retransmits = READ(raw, tcp, total_retrans);
	now->rtt_us = READ(raw, tcp, srtt_us) >> SRTT_SHIFT;
	return true;
}

/* What a counter gained since it was reported. The close and the sampler may ask at once: only one is told. */
static __always_inline __u64 gained(__u64 *reported, __u64 now)
{
	for (int i = 0; i < 4; i++) {
		__u64 before = *(volatile __u64 *)reported;

		if (now <= before)
			return 0;
		if (__sync_val_compare_and_swap(reported, before, now) == before)
			return now - before;
	}
	return 0;
}

/* Adds what is not zero: most connections send nothing again, and an atomic addition is not free. */
static __always_inline void add(__u64 *sum, __u64 amount)
{
	if (amount)
		__sync_fetch_and_add(sum, amount);
}

static __always_inline void add_traffic(struct socket_edge *edge, struct socket_state *state, const struct traffic *now)
{
	__u64 segments = gained(&state->segments_received, now->segments_received);

	add(&edge->bytes_sent, gained(&state->bytes_sent, now->bytes_sent));
	add(&edge->bytes_received, gained(&state->bytes_received, now->bytes_received));
	add(&edge->segments_sent, gained(&state->segments_sent, now->segments_sent));
	add(&edge->retransmits, gained(&state->retransmits, now->retransmits));
	add(&edge->segments_received, segments);
	/* A connection that was silent has nothing new to say of its round-trip time. */
	if (!segments || !now->rtt_us)
		return;
	add(&edge->rtt_us, now->rtt_us);
	add(&edge->rtt_samples, 1);
}

#endif
