/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP from the sockets: the state changes of both ends tell direction and outcome for certain. */
#ifndef WEIR_SOCKETS_H
#define WEIR_SOCKETS_H

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

	if (!take_connection(sk, &connection, raw)) {
		if (role == ROLE_SERVER && namespace_of(sk, raw) != knobs.node_cookie)
			count(STAT_SOCKETS_LOOPBACK);
		return;
	}
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
