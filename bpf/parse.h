/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Headers of a packet, by a cursor that every step moves on and that never passes the end. */
#ifndef WEIR_PARSE_H
#define WEIR_PARSE_H

#define MAX_VLAN_TAGS 2
#define MAX_EXTENSION_HEADERS 6
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_FRAGMENT_OFFSET 0xfff8

/* What is known of a packet. Ports are host byte order; flags are byte 13 of the TCP header. */
struct packet {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u8 protocol;
	__u8 tcp_flags;
};

enum parsed {
	PARSED_EDGE, /* UDP or TCP with ports */
	PARSED_OTHER, /* another protocol */
	PARSED_FRAGMENT, /* not the first fragment: no ports */
	PARSED_MALFORMED, /* shorter than its headers say */
};

struct cursor {
	void *at;
	void *end;
};

#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10
#define TCP_FLAGS_BYTE 13
#define TCP_FLAGS_END 14

/* The ports stand first in TCP and UDP alike. */
static __always_inline enum parsed parse_ports(struct cursor *cursor, struct packet *packet)
{
	__be16 *ports = cursor->at;

	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return PARSED_OTHER;
	if ((void *)(ports + 2) > cursor->end)
		return PARSED_MALFORMED;
	packet->source_port = bpf_ntohs(ports[0]);
	packet->destination_port = bpf_ntohs(ports[1]);
	if (packet->protocol == IPPROTO_TCP) {
		if (cursor->at + TCP_FLAGS_END > cursor->end)
			return PARSED_MALFORMED;
		packet->tcp_flags = *((__u8 *)cursor->at + TCP_FLAGS_BYTE);
	}
	return PARSED_EDGE;
}

static __always_inline void take_ipv4(const struct iphdr *ip, struct packet *packet)
{
	map_ipv4(packet->source, ip->saddr);
	map_ipv4(packet->destination, ip->daddr);
	packet->protocol = ip->protocol;
}

static __always_inline enum parsed parse_ipv4(struct cursor *cursor, struct packet *packet)
{
	struct iphdr *ip = cursor->at;
	__u32 length;

	if ((void *)(ip + 1) > cursor->end)
		return PARSED_MALFORMED;
	length = ip->ihl * 4;
	if (ip->version != 4 || length < sizeof(*ip))
		return PARSED_MALFORMED;
	take_ipv4(ip, packet);
	if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return PARSED_FRAGMENT;
	cursor->at += length;
	return parse_ports(cursor, packet);
}

struct extension_header {
	__u8 next;
	__u8 length;
	__be16 fragment;
	__u8 rest[4];
};

/* Bytes of an IPv6 extension header, 0 when `kind` is none (RFC 8200, and RFC 4302 for AH). */
static __always_inline __u32 extension_length(__u8 kind, const struct extension_header *header)
{
	switch (kind) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (header->length + 1) * 8;
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_AH:
		return (header->length + 2) * 4;
	default:
		return 0;
	}
}

static __always_inline bool is_later_fragment(__u8 kind, const struct extension_header *header)
{
	return kind == IPPROTO_FRAGMENT && (header->fragment & bpf_htons(IPV6_FRAGMENT_OFFSET));
}

static __always_inline void take_ipv6(const struct ipv6hdr *ip, struct packet *packet)
{
	__builtin_memcpy(packet->source, &ip->saddr, 16);
	__builtin_memcpy(packet->destination, &ip->daddr, 16);
	packet->protocol = ip->nexthdr;
}

static __always_inline enum parsed parse_ipv6(struct cursor *cursor, struct packet *packet)
{
	struct ipv6hdr *ip = cursor->at;
	struct extension_header *extension;
	__u32 length;

	if ((void *)(ip + 1) > cursor->end || ip->version != 6)
		return PARSED_MALFORMED;
	take_ipv6(ip, packet);
	cursor->at = ip + 1;
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		extension = cursor->at;
		if ((void *)(extension + 1) > cursor->end)
			break;
		length = extension_length(packet->protocol, extension);
		if (!length)
			break;
		if (is_later_fragment(packet->protocol, extension)) {
			packet->protocol = extension->next;
			return PARSED_FRAGMENT;
		}
		packet->protocol = extension->next;
		cursor->at += length;
	}
	return parse_ports(cursor, packet);
}

/* From the Ethernet header on. Tags that the network card took out are not in the packet and need no parsing. */
static __always_inline enum parsed parse_packet(struct __sk_buff *skb, struct packet *packet)
{
	struct cursor cursor = { (void *)(long)skb->data, (void *)(long)skb->data_end };
	struct ethhdr *ethernet = cursor.at;
	struct vlan_tag {
		__be16 tag;
		__be16 next;
	} * vlan;
	__be16 next;

	if ((void *)(ethernet + 1) > cursor.end)
		return PARSED_MALFORMED;
	next = ethernet->h_proto;
	cursor.at = ethernet + 1;
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		if (next != bpf_htons(ETH_P_8021Q) && next != bpf_htons(ETH_P_8021AD))
			break;
		vlan = cursor.at;
		if ((void *)(vlan + 1) > cursor.end)
			return PARSED_MALFORMED;
		next = vlan->next;
		cursor.at = vlan + 1;
	}
	if (next == bpf_htons(ETH_P_IP))
		return parse_ipv4(&cursor, packet);
	if (next == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(&cursor, packet);
	return PARSED_OTHER;
}

#endif
