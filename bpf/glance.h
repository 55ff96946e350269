/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames without anything special, which most are: a few comparisons tell what there is to know of them. */
#ifndef WEIR_GLANCE_H
#define WEIR_GLANCE_H

/* Where the parts of a plain frame lie: untagged, no options or extension headers, whole. Most packets are. */
struct plain_frame {
	void *ip;
	bool is_ipv4;
	__u8 protocol;
	__u8 network; /* offset of the IP header */
	void *transport;
	void *end;
};

static __always_inline bool find_plain_frame(struct __sk_buff *skb, struct plain_frame *frame)
{
	void *start = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *ethernet = start;
	struct ipv6hdr *ipv6 = start + sizeof(*ethernet);
	struct iphdr *ipv4 = start + sizeof(*ethernet);

	if ((void *)(ipv4 + 1) > end)
		return false;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		if (*(__u8 *)ipv4 != 0x45 || ipv4->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS))
			return false;
		frame->is_ipv4 = true;
		frame->protocol = ipv4->protocol;
		frame->transport = ipv4 + 1;
	} else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(ipv6 + 1) > end || ipv6->version != 6)
			return false;
		frame->is_ipv4 = false;
		frame->protocol = ipv6->nexthdr;
		frame->transport = ipv6 + 1;
	} else {
		return false;
	}
	frame->network = sizeof(*ethernet);
	frame->ip = ipv4;
	frame->end = end;
	return true;
}

static __always_inline void take_far_address(const struct plain_frame *frame, bool from_pod, __u8 *address)
{
	const struct ipv6hdr *ipv6 = frame->ip;
	const struct iphdr *ipv4 = frame->ip;

	if (frame->is_ipv4)
		map_ipv4(address, from_pod ? ipv4->daddr : ipv4->saddr);
	else
		__builtin_memcpy(address, from_pod ? &ipv6->daddr : &ipv6->saddr, 16);
}

/* Whether a plain frame is TCP in the middle of a connection, of which its sockets tell everything. */
static __always_inline bool is_plain_data(const struct plain_frame *frame)
{
	struct tcp_header *tcp = frame->transport;

	return frame->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= frame->end && !is_news(tcp);
}

#endif
