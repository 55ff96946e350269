/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks over sockets, started by user space. */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

static __always_inline bool carries_data(struct sock *sk)
{
	switch (BPF_CORE_READ(sk, __sk_common.skc_state)) {
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

/* Follows a connection that was there before us: it counts as established, and its bytes from now on. */
static __always_inline void follow(struct sock *sk)
{
	struct socket_state state = { .established = 1 };
	struct connection connection;
	struct overflow *spilled;
	struct socket_edge *edge;
	struct traffic now;

	if (!take_connection(sk, &connection))
		return;
	socket_key(sk, &connection, role_of(sk), &state.key);
	read_traffic(sk, &now);
	state.bytes_sent = now.bytes_sent;
	state.bytes_received = now.bytes_received;
	state.segments_sent = now.segments_sent;
	state.segments_received = now.segments_received;
	state.retransmits = now.retransmits;
	keep_state(sk, &state, false);
	edge = socket_entry(&state.key, &spilled);
	if (!edge)
		return;
	ADD(edge->established, 1);
	settle(spilled);
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
	if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (!carries_data(sk) || find_state(sk, false))
		return 0;
	follow(sk);
	if (find_state(sk, false))
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
	state = bpf_sk_storage_get(&socket_states, sk, NULL, 0);
	if (!state || !state->established)
		return 0;
	read_traffic(sk, &now);
	/* What was silent is not touched, so that its edge can grow idle. */
	if (now.segments_sent == state->segments_sent && now.segments_received == state->segments_received)
		return 0;
	edge = socket_entry(&state->key, &spilled);
	if (!edge)
		return 0;
	add_traffic(edge, state, sk);
	settle(spilled);
	return 0;
}

#endif
