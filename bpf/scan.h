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

/* A connection that was there before the capture counts as established, and its bytes from now on. */
static __always_inline void count_earlier(struct sock *sk, struct socket_state *state)
{
	struct overflow *spilled;
	struct socket_edge *edge;
	struct traffic now;

	if (!read_traffic(sk, &now, false))
		return;
	state->bytes_sent = now.bytes_sent;
	state->bytes_received = now.bytes_received;
	state->segments_sent = now.segments_sent;
	state->segments_received = now.segments_received;
	state->retransmits = now.retransmits;
	/* It may have been silent for long: what is new is that it was found. */
	edge = socket_entry(&state->key, bpf_ktime_get_ns(), &spilled);
	if (!edge)
		return;
	add(&edge->established, 1);
	settle(spilled);
}

/*
 * Visits every open file of every process, and follows the connections among them that are not followed yet. What they
 * have to tell they tell sample_sockets, or at their close: to follow one adds nothing, so that it does no harm when the
 * connection is closed at this moment.
 */
SEC("iter/task_file")
int find_sockets(struct bpf_iter__task_file *context)
{
	struct identity *capture = active_capture();
	struct file *file = context->file;
	struct connection connection;
	struct socket_state state = {};
	struct socket *socket;
	struct sock *sk;
	__u32 found = 1;

	if (!file || !capture)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_protocol != IPPROTO_TCP || !carries_data(sk) || find_state(sk, false))
		return 0;
	if (!take_connection(sk, &connection, false))
		return 0;
	/* What user space noted for this search is not counted yet. */
	if (capture->searching && bpf_map_lookup_elem(&translations, &connection))
		__sync_fetch_and_add(&translations_waiting, 1);
	socket_key(sk, &connection, role_of(sk, false), &state.key, false);
	if (capture->searching)
		count_earlier(sk, &state);
	if (make_state(sk, &state, false))
		bpf_seq_write(context->meta->seq, &found, sizeof(found));
	return 0;
}

/* The number of a task's process in the PID namespace of whoever reads; 0 when it has none there. */
static __always_inline __u32 process_id(struct task_struct *task)
{
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
	__u32 level = BPF_CORE_READ(reader, thread_pid, level);
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	int number = 0;

	if (pid && BPF_CORE_READ(pid, level) >= level)
		bpf_probe_read_kernel(&number, sizeof(number),
				      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
					      level * bpf_core_type_size(struct upid) +
					      bpf_core_field_offset(struct upid, nr));
	return number;
}

/* Tells for every process which network namespace it is in. */
SEC("iter/task")
int find_processes(struct bpf_iter__task *context)
{
	struct process_namespace found = {};
	struct task_struct *task = context->task;

	if (!task || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	found.cookie = BPF_CORE_READ(task, nsproxy, net_ns, net_cookie);
	found.tgid = process_id(task);
	/* One that is about to end is in no namespace any more. */
	if (found.cookie && found.tgid)
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
	found.tgid = process_id(task);
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
	/* One that is closed has told everything. */
	state = find_state(sk, false);
	if (!state || sk->__sk_common.skc_state == TCP_CLOSE)
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
