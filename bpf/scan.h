/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks over sockets, started by user space. */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

static __always_inline bool carries_data(struct sock *sk)
{
	switch (sk->__sk_common.skc_state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
	case TCP_CLOSING:
		return true;
	default:
		return false;
	}
}

/*
 * Follows a connection that was there before us: it counts as established, and its bytes from now on. Returns whether
 * it is followed only now.
 */
static __always_inline bool follow(struct sock *sk)
{
	struct connection connection;
	struct socket_state fresh = {};
	struct socket_state *state;
	struct overflow *spilled;
	struct socket_edge *edge;
	struct traffic now;

	if (!take_connection(sk, &connection, false) || !read_traffic(sk, &now, false))
		return false;
	socket_key(sk, &connection, role_of(sk, false), &fresh.key, false);
	fresh.bytes_sent = now.bytes_sent;
	fresh.bytes_received = now.bytes_received;
	fresh.segments_sent = now.segments_sent;
	fresh.segments_received = now.segments_received;
	fresh.retransmits = now.retransmits;
	state = make_state(sk, &fresh, false);
	if (!state || __sync_lock_test_and_set(&state->established, 1))
		return false;
	/* It may have been silent for long: what is new is that it was found. */
	edge = socket_entry(&fresh.key, bpf_ktime_get_ns(), &spilled);
	if (!edge)
		return true;
	add(&edge->established, 1);
	settle(spilled);
	return true;
}

/* Visits every open file of every process. A socket that several hold is followed once. */
SEC("iter/task_file")
int find_sockets(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct socket *socket;
	struct sock *sk;
	__u32 found = 1;

	if (!file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_protocol != IPPROTO_TCP || !carries_data(sk) || find_state(sk, false))
		return 0;
	if (follow(sk))
		bpf_seq_write(context->meta->seq, &found, sizeof(found));
	return 0;
}

/*
 * Tells the cookies of the network namespaces that files hold open, without entering them. User space asks for its own
 * files only, and knows which of them are network namespaces.
 */
SEC("iter/task_file")
int find_namespaces(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct namespace_file found = { .fd = context->fd };
	struct file *file = context->file;
	struct ns_common *common;
	struct net *net;

	if (!file || !task || BPF_CORE_READ(file, f_inode, i_sb, s_magic) != NSFS_MAGIC)
		return 0;
	common = BPF_CORE_READ(file, f_inode, i_private);
	net = (struct net *)((void *)common - bpf_core_field_offset(struct net, ns));
	found.cookie = BPF_CORE_READ(net, net_cookie);
	found.tgid = BPF_CORE_READ(task, tgid);
	bpf_seq_write(context->meta->seq, &found, sizeof(found));
	return 0;
}

/* Visits every socket that is followed, in whichever namespace, and counts what came new. */
SEC("iter/bpf_sk_storage_map")
int sample_sockets(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct sock *sk = context->sk;
	struct socket_state *state;
	struct overflow *spilled;
	struct socket_edge *edge;
	struct traffic now;

	if (!sk)
		return 0;
	state = find_state(sk, false);
	if (!state || !state->established || state->closed)
		return 0;
	/* What was silent is not touched, so that its edge can grow idle. */
	if (!read_traffic(sk, &now, false) ||
	    (now.segments_sent == state->segments_sent && now.segments_received == state->segments_received))
		return 0;
	edge = socket_entry(&state->key, time_of(sk, false), &spilled);
	if (!edge)
		return 0;
	add_traffic(edge, state, &now);
	settle(spilled);
	return 0;
}

#endif
