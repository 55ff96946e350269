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

/* Four bytes of a frame at once, and the bits of them that matter: fewer branches for what most packets are. */
#define WORD(ipv4, offset) (*(__be32 *)((void *)(ipv4) + (offset)))
/* From two bytes before the IP header on: EtherType, version and header length; without the type of service. */
#define PLAIN_IPV4 bpf_htonl(0x08004500)
#define PLAIN_IPV4_MASK bpf_htonl(0xffffff00)
/* From the fragment offset on: none, any time to live, TCP; more fragments may follow. */
#define FIRST_TCP bpf_htonl(0x00000006)
#define FIRST_TCP_MASK bpf_htonl(0x1fff00ff)

/*
 * Whether a frame is TCP in the middle of a connection, as far as that shows at once: its sockets tell everything of it.
 */
static __always_inline bool is_plain_data(struct __sk_buff *skb)
{
	void *start = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	void *ip = start + sizeof(struct ethhdr);
	struct tcp_header *tcp = ip + sizeof(struct iphdr);
	struct ipv6hdr *ipv6 = ip;

	if ((void *)(tcp + 1) > end)
		return false;
	if ((WORD(ip, -2) & PLAIN_IPV4_MASK) == PLAIN_IPV4)
		return (WORD(ip, 6) & FIRST_TCP_MASK) == FIRST_TCP && !is_news(tcp);
	tcp = (void *)(ipv6 + 1);
	return (void *)(tcp + 1) <= end && ((struct ethhdr *)start)->h_proto == bpf_htons(ETH_P_IPV6) &&
	       ipv6->nexthdr == IPPROTO_TCP && ipv6->version == 6 && !is_news(tcp);
}

#endif
