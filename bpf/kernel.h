/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel structures that are read, with only the members that are read. Offsets are relocated at load time
 * from the running kernel's BTF (CO-RE), so order and padding here mean nothing.
 */
#ifndef WEIR_KERNEL_H
#define WEIR_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
	__u32 sk_max_ack_backlog;
	__u8 sk_userlocks : 4;
};

struct inet_sock {
	__be16 inet_sport;
};

struct socket {
	struct sock *sk;
};

struct tcp_sock {
	__u32 segs_in;
	__u32 segs_out;
	__u64 bytes_received;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u32 total_retrans;
	__u32 srtt_us;
	__u64 tcp_mstamp;
};

struct net_device {
	int ifindex;
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct skb_ext {
	__u8 offset[1];
};

struct nf_bridge_info {
	int physinif;
	struct net_device *physoutdev;
};

/* Up to Linux 6.7. */
struct nf_bridge_info___6_7 {
	struct net_device *physindev;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	unsigned long _nfct;
	int skb_iif;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
	__u8 active_extensions;
	__u8 tc_at_ingress : 1;
	struct skb_ext *extensions;
};

union nf_inet_addr {
	__u32 all[4];
	__be32 ip;
};

union nf_conntrack_man_proto {
	__be16 all;
};

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union nf_conntrack_man_proto u;
	__u16 l3num;
};

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
	unsigned long status;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
	void *i_private;
};

struct file {
	struct inode *f_inode;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#pragma clang attribute pop

/* net/netfilter/nf_conntrack_bpf.c; the kernel takes its first, smaller form as well. */
struct bpf_ct_opts {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

/* include/net/sock.h; the value is taken from the running kernel. */
enum sock_flags {
	SOCK_DEAD,
	SOCK_DONE,
};

/* include/net/dropreason-core.h; the value is taken from the running kernel. */
enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED,
};

/* include/linux/skbuff.h; the value is taken from the running kernel. */
enum skb_ext_id {
	SKB_EXT_BRIDGE_NF,
};

/* include/net/tcp_states.h: part of the kernel's ABI through inet_diag. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
};

#define AF_INET 2
#define AF_INET6 10
#define ECONNREFUSED 111

/* include/net/dst.h: the low bit of _skb_refdst says that no reference is held. */
#define SKB_DST_PTRMASK (~1UL)

/* include/linux/skbuff.h: the low bits of _nfct are an enum ip_conntrack_info. */
#define NFCT_INFOMASK 7UL

/* include/uapi/linux/netfilter/nf_conntrack_common.h */
#define IP_CT_IS_REPLY 3
#define IPS_SRC_NAT (1UL << 4)
#define IPS_DST_NAT (1UL << 5)
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1

/* include/uapi/linux/magic.h */
#define NSFS_MAGIC 0x6e736673

/* include/net/sock.h: the user chose the port with bind(). */
#define SOCK_BINDPORT_LOCK 8

/* include/net/tcp.h: srtt_us holds eighths of microseconds. */
#define SRTT_SHIFT 3

#endif
