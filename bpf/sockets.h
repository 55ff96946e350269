/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP from the sockets: the state changes of both ends tell direction and outcome for certain.
 *
 * Everything is read by relocated probe reads, so that the same code serves the BTF tracepoint, whose socket pointer
 * the verifier trusts, and the raw one, whose pointer it does not. `by_address` tells them apart where it matters: in
 * where a socket's state is kept.
 */
#ifndef WEIR_SOCKETS_H
#define WEIR_SOCKETS_H

static __always_inline __u64 namespace_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
}

static __always_inline bool take_address(struct sock *sk, bool remote, __u8 *address)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family == AF_INET)
		map_ipv4(address, remote ? BPF_CORE_READ(sk, __sk_common.skc_daddr) :
					   BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	else if (family == AF_INET6 && remote)
		BPF_CORE_READ_INTO((struct in6_addr *)address, sk, __sk_common.skc_v6_daddr);
	else if (family == AF_INET6)
		BPF_CORE_READ_INTO((struct in6_addr *)address, sk, __sk_common.skc_v6_rcv_saddr);
	else
		return false;
	return true;
}

/* The connection as its pod sees it. False when it is no pod's, or stays inside its pod and so reaches no network. */
static __always_inline bool take_connection(struct sock *sk, struct connection *connection)
{
	__builtin_memset(connection, 0, sizeof(*connection));
	if (namespace_of(sk) == knobs.node_cookie)
		return false;
	if (!take_address(sk, true, connection->remote) || !take_address(sk, false, connection->local))
		return false;
	if (is_loopback(connection->remote) || same_address(connection->local, connection->remote))
		return false;
	connection->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	connection->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	return true;
}

static __always_inline void socket_key(struct sock *sk, const struct connection *connection, enum role role,
				       struct edge_key *key)
{
	struct translation *translation;

	__builtin_memset(key, 0, sizeof(*key));
	key->scope = namespace_of(sk);
	key->scope_type = SCOPE_NAMESPACE;
	key->protocol = IPPROTO_TCP;
	key->role = role;
	key->port = role == ROLE_CLIENT ? connection->remote_port : connection->local_port;
	__builtin_memcpy(key->remote, connection->remote, 16);
	translation = bpf_map_lookup_elem(&translations, connection);
	if (!translation)
		return;
	apply_translation(key, translation->remote, translation->port);
	bpf_map_delete_elem(&translations, connection);
}

/* A listener's backlog is handed down to the sockets that it accepts. */
static __always_inline enum role role_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_max_ack_backlog) ? ROLE_SERVER : ROLE_CLIENT;
}

static __always_inline struct socket_state *find_state(struct sock *sk, bool by_address)
{
	__u64 address = (__u64)sk;

	return by_address ? bpf_map_lookup_elem(&socket_states_by_address, &address) :
			    bpf_sk_storage_get(&socket_states, sk, NULL, 0);
}

static __always_inline void keep_state(struct sock *sk, struct socket_state *fresh, bool by_address)
{
	__u64 address = (__u64)sk;
	bool kept = by_address ? !bpf_map_update_elem(&socket_states_by_address, &address, fresh, BPF_ANY) :
				 !!bpf_sk_storage_get(&socket_states, sk, fresh, BPF_SK_STORAGE_GET_F_CREATE);

	if (!kept)
		count(STAT_SOCKETS_UNFOLLOWED);
}

static __always_inline void drop_state(struct sock *sk, bool by_address)
{
	__u64 address = (__u64)sk;

	if (by_address)
		bpf_map_delete_elem(&socket_states_by_address, &address);
	else
		bpf_sk_storage_delete(&socket_states, sk);
}

/* What the kernel's own TCP has counted of a socket. */
struct traffic {
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 segments_sent;
	__u64 segments_received;
	__u64 retransmits;
};

static __always_inline void read_traffic(struct sock *sk, struct traffic *now)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	unsigned long flags = BPF_CORE_READ(sk, __sk_common.skc_flags);
	__u64 received = BPF_CORE_READ(tcp, bytes_received);

	/* The kernel counts a received FIN as one byte; SOCK_DONE says that there was one. */
	if (received && flags & (1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE)))
		received--;
	/* Payload as the peer can see it: what was sent again counts once. */
	now->bytes_sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
	now->bytes_received = received;
	now->segments_sent = BPF_CORE_READ(tcp, segs_out);
	now->segments_received = BPF_CORE_READ(tcp, segs_in);
	now->retransmits = BPF_CORE_READ(tcp, total_retrans);
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

static __always_inline void add_traffic(struct socket_edge *edge, struct socket_state *state, struct sock *sk)
{
	struct traffic now;
	__u64 segments;
	__u32 rtt;

	read_traffic(sk, &now);
	ADD(edge->bytes_sent, gained(&state->bytes_sent, now.bytes_sent));
	ADD(edge->bytes_received, gained(&state->bytes_received, now.bytes_received));
	ADD(edge->segments_sent, gained(&state->segments_sent, now.segments_sent));
	ADD(edge->retransmits, gained(&state->retransmits, now.retransmits));
	segments = gained(&state->segments_received, now.segments_received);
	ADD(edge->segments_received, segments);
	/* A connection that was silent has nothing new to say of its round-trip time. */
	rtt = BPF_CORE_READ((struct tcp_sock *)sk, srtt_us) >> SRTT_SHIFT;
	if (!segments || !rtt)
		return;
	ADD(edge->rtt_us, rtt);
	ADD(edge->rtt_samples, 1);
}

static __always_inline struct socket_edge *socket_entry(const struct edge_key *key, struct overflow **spilled)
{
	struct socket_edge fresh = { .first_ns = bpf_ktime_get_ns(), .last_ns = bpf_ktime_get_ns() };
	struct socket_edge *edge =
		claim(&socket_edges, MAP_SOCKET_EDGES, key, sizeof(*key), &fresh, sizeof(fresh), spilled);

	if (edge)
		edge->last_ns = fresh.last_ns;
	return edge;
}

/* A client sends its SYN. It counts as an attempt when its outcome is known. */
static __always_inline void attempt_started(struct sock *sk, bool by_address)
{
	struct socket_state state = {};
	struct connection connection;

	if (find_state(sk, by_address) || !take_connection(sk, &connection))
		return;
	socket_key(sk, &connection, ROLE_CLIENT, &state.key);
	keep_state(sk, &state, by_address);
}

static __always_inline void connection_established(struct sock *sk, enum role role, bool by_address)
{
	struct socket_state *state = find_state(sk, by_address);
	struct socket_state fresh = { .established = 1 };
	struct connection connection;
	struct overflow *spilled;
	struct socket_edge *edge;

	/* Two generations of this program may run for a moment while one replaces the other. */
	if (state && __sync_lock_test_and_set(&state->established, 1))
		return;
	/* A client without a state began its attempt before us. */
	if (!take_connection(sk, &connection)) {
		if (role == ROLE_SERVER && namespace_of(sk) != knobs.node_cookie)
			count(STAT_SOCKETS_LOOPBACK);
		return;
	}
	socket_key(sk, &connection, role, &fresh.key);
	if (state)
		state->key = fresh.key;
	else
		keep_state(sk, &fresh, by_address);
	edge = socket_entry(&fresh.key, &spilled);
	if (!edge)
		return;
	ADD(edge->established, 1);
	if (role == ROLE_CLIENT)
		ADD(edge->attempts, 1);
	settle(spilled);
}

/* Counts a socket whole that was never followed: it was open before us and no process held it, or there was no room. */
static __always_inline bool unfollowed(struct sock *sk, int old_state, struct socket_state *state)
{
	struct connection connection;

	if (old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV || old_state == TCP_LISTEN || old_state == TCP_CLOSE)
		return false;
	if (!take_connection(sk, &connection))
		return false;
	socket_key(sk, &connection, role_of(sk), &state->key);
	return true;
}

/* Whether an attempt that ends was refused. A socket that is closed has given up its port, but not its own note of it. */
static __always_inline bool was_refused(struct sock *sk)
{
	struct connection connection;

	if (BPF_CORE_READ(sk, sk_err) == ECONNREFUSED)
		return true;
	if (!take_connection(sk, &connection))
		return false;
	connection.local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	return bpf_map_lookup_elem(&rejections, &connection);
}

static __always_inline void connection_closed(struct sock *sk, int old_state, bool by_address)
{
	struct socket_state *state = find_state(sk, by_address);
	struct socket_state whole = {};
	struct overflow *spilled;
	struct socket_edge *edge;
	bool late = !state;

	if (late) {
		if (!unfollowed(sk, old_state, &whole))
			return;
		state = &whole;
	}
	edge = socket_entry(&state->key, &spilled);
	if (edge) {
		if (late)
			ADD(edge->established, 1);
		if (old_state == TCP_SYN_SENT) {
			ADD(edge->attempts, 1);
			if (was_refused(sk))
				ADD(edge->refused, 1);
			else
				ADD(edge->unanswered, 1);
		}
		add_traffic(edge, state, sk);
		settle(spilled);
	}
	if (!late)
		drop_state(sk, by_address);
}

static __always_inline int on_state(struct sock *sk, int old_state, int new_state, bool by_address)
{
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (new_state == TCP_SYN_SENT)
		attempt_started(sk, by_address);
	else if (new_state == TCP_ESTABLISHED && old_state == TCP_SYN_SENT)
		connection_established(sk, ROLE_CLIENT, by_address);
	else if (new_state == TCP_ESTABLISHED && old_state == TCP_SYN_RECV)
		connection_established(sk, ROLE_SERVER, by_address);
	else if (new_state == TCP_CLOSE)
		connection_closed(sk, old_state, by_address);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *sk, int old_state, int new_state)
{
	return on_state(sk, old_state, new_state, false);
}

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(on_tcp_state_raw, struct sock *sk, int old_state, int new_state)
{
	return on_state(sk, old_state, new_state, true);
}

#endif
