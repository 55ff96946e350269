// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that do nothing, for the hooks that Weir uses: what the kernel spends on calling any program at all, and on
 * timing it, is what they cost. What Weir costs is counted above that.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int empty_packet(struct __sk_buff *skb)
{
	return -1; /* TCX_NEXT, as Weir's */
}

SEC("tp_btf/inet_sock_set_state")
int empty_tcp_state(void *context)
{
	return 0;
}

SEC("tp_btf/kfree_skb")
int empty_drop(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
