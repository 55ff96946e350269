// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The datapath of a pod, on the node's end of its interface: policies, and the short way to pods of the same node,
 * past the node's own stack. Whatever goes elsewhere takes the stack's way.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The lab refuses more. */
#define MAX_RULES 512
/* In the place of a number of rules: no policy isolates the pod. */
#define NOT_ISOLATED 0xffff
#define FRAGMENT_OFFSET 0x1fff
#define ICMP_ERRORS ((1U << 3) | (1U << 4) | (1U << 5) | (1U << 11) | (1U << 12))

enum direction {
	INGRESS,
	EGRESS,
};

struct endpoint {
	__u32 ifindex; /* 0 for the node itself */
	__u8 pod_mac[ETH_ALEN];
	__u8 host_mac[ETH_ALEN];
	__u16 rules[2]; /* how many there are, by direction */
};

struct rule_key {
	__be32 address;
	__u16 index;
	__u8 direction;
	__u8 zero;
};

struct rule {
	__be32 network;
	__be32 mask;
	__u16 first_port;
	__u16 last_port;
	__u8 protocol; /* 0 for all */
	__u8 zero[3];
};

struct tuple {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 zero[3];
};

/* Written by the lab: the pods of this node and the node itself, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, struct endpoint);
} endpoints SEC(".maps");

/* Written by the lab: what isolated pods may receive and send, numbered from 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct rule_key);
	__type(value, struct rule);
} rules SEC(".maps");

/* Who has opened what, so that replies pass; the oldest goes first when it is full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, __u8);
} opened SEC(".maps");

/* False for what is no IPv4 packet with all of its headers. */
static __always_inline bool read_tuple(struct __sk_buff *skb, struct tuple *tuple, bool *error)
{
	struct iphdr ip;
	__be16 ports[2];
	__u32 at;

	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return false;
	tuple->source = ip.saddr;
	tuple->destination = ip.daddr;
	tuple->protocol = ip.protocol;
	at = ETH_HLEN + ip.ihl * 4;
	if ((ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP && ip.protocol != IPPROTO_SCTP) ||
	    ip.frag_off & bpf_htons(FRAGMENT_OFFSET)) {
		__u8 type = 0;

		*error = ip.protocol == IPPROTO_ICMP && !bpf_skb_load_bytes(skb, at, &type, 1) && type < 32 &&
			 ICMP_ERRORS & (1U << type);
		return true;
	}
	if (bpf_skb_load_bytes(skb, at, ports, sizeof(ports)))
		return false;
	tuple->source_port = ports[0];
	tuple->destination_port = ports[1];
	return true;
}

static __noinline bool is_allowed(struct tuple *tuple, enum direction direction, __u32 count)
{
	struct rule_key key = { .address = direction == EGRESS ? tuple->source : tuple->destination };
	__be32 far = direction == EGRESS ? tuple->destination : tuple->source;
	__u16 port = bpf_ntohs(tuple->destination_port);

	key.direction = direction;
	for (__u32 i = 0; i < MAX_RULES && i < count; i++) {
		struct rule *rule;

		key.index = i;
		rule = bpf_map_lookup_elem(&rules, &key);
		if (!rule)
			return false;
		if ((far & rule->mask) == rule->network && (!rule->protocol || rule->protocol == tuple->protocol) &&
		    port >= rule->first_port && port <= rule->last_port)
			return true;
	}
	return false;
}

/*
 * Only replies pass by what was opened. The opener's packets are judged one by one, so that a connection which was open
 * before a policy came is cut too.
 */
static __always_inline bool may_pass(struct tuple *tuple, struct endpoint *source, struct endpoint *destination)
{
	struct tuple opener = {
		.source = tuple->destination,
		.destination = tuple->source,
		.source_port = tuple->destination_port,
		.destination_port = tuple->source_port,
		.protocol = tuple->protocol,
	};
	__u8 seen = 1;

	if (bpf_map_lookup_elem(&opened, &opener))
		return true;
	if (source && source->rules[EGRESS] != NOT_ISOLATED && !is_allowed(tuple, EGRESS, source->rules[EGRESS]))
		return false;
	/* A node always reaches its own pods. */
	if (destination && destination->rules[INGRESS] != NOT_ISOLATED && !(source && !source->ifindex) &&
	    !is_allowed(tuple, INGRESS, destination->rules[INGRESS]))
		return false;
	if (!bpf_map_lookup_elem(&opened, tuple))
		bpf_map_update_elem(&opened, tuple, &seen, BPF_ANY);
	return true;
}

SEC("tc")
int from_container(struct __sk_buff *skb)
{
	struct endpoint *source, *destination;
	struct tuple tuple = {};
	bool error = false;

	if (!read_tuple(skb, &tuple, &error))
		return TC_ACT_OK;
	source = bpf_map_lookup_elem(&endpoints, &tuple.source);
	destination = bpf_map_lookup_elem(&endpoints, &tuple.destination);
	if (!error && !may_pass(&tuple, source, destination))
		return TC_ACT_SHOT;
	if (!destination || !destination->ifindex)
		return TC_ACT_OK;
	if (bpf_skb_store_bytes(skb, 0, destination->pod_mac, ETH_ALEN, 0) ||
	    bpf_skb_store_bytes(skb, ETH_ALEN, destination->host_mac, ETH_ALEN, 0))
		return TC_ACT_SHOT;
	return bpf_redirect_peer(destination->ifindex, 0);
}

/* What comes out of the node's own stack: from other nodes, from the node itself, from outside. */
SEC("tc")
int to_container(struct __sk_buff *skb)
{
	struct tuple tuple = {};
	bool error = false;

	if (!read_tuple(skb, &tuple, &error) || error)
		return TC_ACT_OK;
	if (!may_pass(&tuple, bpf_map_lookup_elem(&endpoints, &tuple.source),
		      bpf_map_lookup_elem(&endpoints, &tuple.destination)))
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
