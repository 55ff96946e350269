/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP from the sockets: the state changes of both ends tell direction and outcome for certain. */
#ifndef WEIR_SOCKETS_H
#define WEIR_SOCKETS_H

static __always_inline void map_ipv4(__u8 *to, __be32 address)
{
	__builtin_memset(to, 0, 10);
	to[10] = 0xff;
	to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, 4);
}

static __always_inline bool same_address(const __u8 *a, const __u8 *b)
{
	__u64 left[2], right[2];

	__builtin_memcpy(left, a, 16);
	__builtin_memcpy(right, b, 16);
	return left[0] == right[0] && left[1] == right[1];
}

/* 127.0.0.0/8, also mapped into IPv6, and ::1. */
static __always_inline bool is_loopback(const __u8 *address)
{
	__u32 words[4];

	__builtin_memcpy(words, address, 16);
	if (words[0] || words[1])
		return false;
	return words[2] ? words[2] == bpf_htonl(0xffff) && address[12] == 127 : words[3] == bpf_htonl(1);
}

/* Traffic inside a pod never reaches a network. */
static __always_inline bool stays_inside(struct sock *sk, const __u8 *remote)
{
	__u8 local[16];

	if (is_loopback(remote))
		return true;
	if (sk->__sk_common.skc_family == AF_INET)
		map_ipv4(local, sk->__sk_common.skc_rcv_saddr);
	else
		BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr);
	return same_address(local, remote);
}

static __always_inline bool socket_key(struct sock *sk, enum role role, struct edge_key *key)
{
	__u64 cookie = sk->__sk_common.skc_net.net->net_cookie;

	if (cookie == node_cookie)
		return false;
	__builtin_memset(key, 0, sizeof(*key));
	key->scope = cookie;
	key->protocol = IPPROTO_TCP;
	key->role = role;
	if (sk->__sk_common.skc_family == AF_INET)
		map_ipv4(key->remote, sk->__sk_common.skc_daddr);
	else if (sk->__sk_common.skc_family == AF_INET6)
		BPF_CORE_READ_INTO(&key->remote, sk, __sk_common.skc_v6_daddr);
	else
		return false;
	key->port = role == ROLE_CLIENT ? bpf_ntohs(sk->__sk_common.skc_dport) : sk->__sk_common.skc_num;
	return true;
}

static __always_inline struct socket_edge *socket_entry(const struct edge_key *key)
{
	struct socket_edge fresh = { .first_ns = bpf_ktime_get_ns() };
	struct socket_edge *edge = edge_entry(&socket_edges, key, &fresh, STAT_SOCKET_EDGES_FULL);

	if (edge)
		edge->last_ns = fresh.first_ns;
	return edge;
}

static __always_inline void remember_key(struct sock *sk, struct edge_key *key)
{
	if (!bpf_sk_storage_get(&socket_keys, sk, key, BPF_SK_STORAGE_GET_F_CREATE))
		count(STAT_SOCKET_STORAGE_FAILED);
}

static __always_inline void add_traffic(struct socket_edge *edge, struct sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	bool fin_received;

	if (!tcp)
		return;
	/* The kernel counts a received FIN as one byte; SOCK_DONE says that there was one. */
	fin_received = sk->__sk_common.skc_flags & (1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE));
	/* Payload as the peer can see it: what was sent again counts once. */
	ADD(edge->bytes_sent, tcp->bytes_sent - tcp->bytes_retrans);
	ADD(edge->bytes_received, tcp->bytes_received - fin_received);
	ADD(edge->segments_sent, tcp->segs_out);
	ADD(edge->segments_received, tcp->segs_in);
	ADD(edge->retransmits, tcp->total_retrans);
}

static __always_inline void attempt_started(struct sock *sk)
{
	struct edge_key key;
	struct socket_edge *edge;

	if (!socket_key(sk, ROLE_CLIENT, &key))
		return;
	if (stays_inside(sk, key.remote)) {
		count(STAT_SOCKETS_LOOPBACK);
		return;
	}
	remember_key(sk, &key);
	edge = socket_entry(&key);
	if (edge)
		ADD(edge->attempts, 1);
}

static __always_inline void connection_established(struct sock *sk, enum role role)
{
	struct edge_key key;
	struct socket_edge *edge;

	if (!socket_key(sk, role, &key))
		return;
	if (stays_inside(sk, key.remote)) {
		/* A client was counted when it started. */
		if (role == ROLE_SERVER)
			count(STAT_SOCKETS_LOOPBACK);
		return;
	}
	if (role == ROLE_SERVER)
		remember_key(sk, &key);
	edge = socket_entry(&key);
	if (edge)
		ADD(edge->established, 1);
}

static __always_inline void connection_closed(struct sock *sk, int old_state)
{
	struct edge_key *key = bpf_sk_storage_get(&socket_keys, sk, NULL, 0);
	struct socket_edge *edge;

	/* Without a key the socket was open before us, was a listener, or stays inside its pod. */
	if (!key)
		return;
	edge = socket_entry(key);
	if (!edge)
		return;
	if (old_state == TCP_SYN_SENT) {
		if (sk->sk_err == ECONNREFUSED)
			ADD(edge->refused, 1);
		else
			ADD(edge->unanswered, 1);
	}
	add_traffic(edge, sk);
	bpf_sk_storage_delete(&socket_keys, sk);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *sk, int old_state, int new_state)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (new_state == TCP_SYN_SENT)
		attempt_started(sk);
	else if (new_state == TCP_ESTABLISHED && old_state == TCP_SYN_SENT)
		connection_established(sk, ROLE_CLIENT);
	else if (new_state == TCP_ESTABLISHED && old_state == TCP_SYN_RECV)
		connection_established(sk, ROLE_SERVER);
	else if (new_state == TCP_CLOSE)
		connection_closed(sk, old_state);
	return 0;
}

#endif
