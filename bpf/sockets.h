/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP from the sockets: the state changes of both ends tell direction and outcome for certain.
 *
 * The same code serves the BTF tracepoint, whose socket pointer the verifier trusts, and the raw one, whose pointer it
 * does not: `raw` is a constant, and what it does not choose is left out of the program.
 */
#ifndef WEIR_SOCKETS_H
#define WEIR_SOCKETS_H

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
	if (is_loopback(connection->remote) || same_address(connection->local, connection->remote)) {
		count(STAT_SOCKETS_LOOPBACK);
		return false;
	}
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

/*
 * When the last segment came or went, which is what TCP itself noted: to read the clock costs more than all else here
 * does.
 */
static __always_inline __u64 time_of(struct sock *sk, bool raw)
{
	struct tcp_sock *tcp = raw ? (struct tcp_sock *)sk : bpf_skc_to_tcp_sock(sk);
	__u64 us = tcp ? READ(raw, tcp, tcp_mstamp) : 0;

	return us ? us * 1000 : bpf_ktime_get_ns();
}

static __always_inline struct socket_edge *socket_entry(const struct edge_key *key, __u64 now,
							struct overflow **spilled)
{
	struct socket_edge fresh = { .first_ns = now, .last_ns = now };
	struct socket_edge *edge =
		claim(&socket_edges, MAP_SOCKET_EDGES, key, sizeof(*key), &fresh, sizeof(fresh), spilled);

	if (edge && edge->last_ns < now)
		edge->last_ns = now;
	return edge;
}

static __always_inline void connection_established(struct sock *sk, enum role role, bool searching, bool raw)
{
	struct connection connection;
	struct socket_state fresh = {};
	struct overflow *spilled;
	struct socket_edge *edge;

	if (!take_connection(sk, &connection, raw))
		return;
	/* A translation is known now only, and one that may be found open must not count again. */
	if (socket_key(sk, &connection, role, &fresh.key, raw) || searching)
		make_state(sk, &fresh, raw);
	edge = socket_entry(&fresh.key, time_of(sk, raw), &spilled);
	if (!edge)
		return;
	add(&edge->established, 1);
	settle(spilled);
}

/* Whether an attempt that ends was refused. */
static __always_inline bool was_refused(struct sock *sk, const struct connection *connection, bool raw)
{
	return READ(raw, sk, sk_err) == ECONNREFUSED || bpf_map_lookup_elem(&rejections, connection);
}

/* An attempt ends without a connection. */
static __always_inline void attempt_failed(struct sock *sk, bool raw)
{
	struct connection connection;
	struct overflow *spilled;
	struct socket_edge *edge;
	struct edge_key key;

	if (!take_connection(sk, &connection, raw))
		return;
	socket_key(sk, &connection, ROLE_CLIENT, &key, raw);
	edge = socket_entry(&key, time_of(sk, raw), &spilled);
	if (!edge)
		return;
	if (was_refused(sk, &connection, raw))
		add(&edge->refused, 1);
	else
		add(&edge->unanswered, 1);
	settle(spilled);
}

static __always_inline void add_all(struct socket_edge *edge, const struct traffic *now)
{
	add(&edge->bytes_sent, now->bytes_sent);
	add(&edge->bytes_received, now->bytes_received);
	add(&edge->segments_sent, now->segments_sent);
	add(&edge->segments_received, now->segments_received);
	add(&edge->retransmits, now->retransmits);
	if (!now->rtt_us)
		return;
	add(&edge->rtt_us, now->rtt_us);
	add(&edge->rtt_samples, 1);
}

/* A connection ends: what it has not told yet, or all of it. */
static __always_inline void connection_closed(struct sock *sk, bool raw)
{
	struct socket_state *state = find_state(sk, raw);
	struct connection connection;
	struct overflow *spilled;
	struct socket_edge *edge;
	struct traffic now = {};
	struct edge_key key;

	if (!read_traffic(sk, &now, raw))
		return;
	if (state) {
		edge = socket_entry(&state->key, time_of(sk, raw), &spilled);
		if (edge)
			add_traffic(edge, state, &now);
	} else {
		if (!take_connection(sk, &connection, raw))
			return;
		socket_key(sk, &connection, role_of(sk, raw), &key, raw);
		edge = socket_entry(&key, time_of(sk, raw), &spilled);
		if (edge)
			add_all(edge, &now);
	}
	if (edge)
		settle(spilled);
}

static __always_inline int on_state(struct sock *sk, int old_state, int new_state, bool raw)
{
	__u64 address = (__u64)sk;
	enum role role = old_state == TCP_SYN_SENT ? ROLE_CLIENT : ROLE_SERVER;
	struct identity *capture;

	if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE)
		return 0;
	if (READ(raw, sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	capture = active_capture();
	if (!capture)
		return 0;
	if (new_state == TCP_ESTABLISHED)
		connection_established(sk, role, capture->searching, raw);
	else if (old_state == TCP_SYN_SENT)
		attempt_failed(sk, raw);
	else if (old_state != TCP_SYN_RECV && old_state != TCP_LISTEN && old_state != TCP_CLOSE)
		connection_closed(sk, raw);
	/* Storage goes with its socket; the other has to be told. */
	if (raw && new_state == TCP_CLOSE)
		bpf_map_delete_elem(&socket_states_by_address, &address);
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
