/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Headers of a packet, by a cursor that every step moves on and that never passes the end. */
#ifndef WEIR_PARSE_H
#define WEIR_PARSE_H

#define MAX_VLAN_TAGS 2
#define MAX_EXTENSION_HEADERS 6
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS 0x0001

#define TCP_FLAG_FIN 0x01
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_RST 0x04
#define TCP_FLAG_ACK 0x10
#define TCP_HEADER_SIZE 20

#define SCTP_INIT 1
#define SCTP_INIT_ACK 2
#define SCTP_ABORT 6

#define PORT_DNS 53
#define PORT_MDNS 5353

/* What is known of a packet. Ports are host byte order. */
struct packet {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u8 protocol;
	__u8 kind; /* TCP: flags; SCTP: type of the first chunk; ICMP: type */
	__u8 code; /* ICMP only */
	bool fragmented; /* the first fragment of several */
	__u32 fragment_id; /* of a fragment, first or later */
	__u32 sequence; /* TCP only, host byte order */
	__u16 network; /* offset of the IP header in the frame */
	__u16 transport; /* offset of the transport header in the frame */
	__u16 header; /* bytes of the TCP header */
	__u32 end; /* offset of the end of the IP packet, behind which there may be padding; 0 when it does not say */
};

enum parsed {
	PARSED_EDGE, /* a transport header that was read */
	PARSED_DATA, /* TCP in the middle of a connection: its sockets tell all of it */
	PARSED_OTHER, /* another protocol */
	PARSED_FRAGMENT, /* not the first fragment: no transport header */
	PARSED_MALFORMED, /* shorter than its headers say */
};

struct cursor {
	void *start;
	void *at;
	void *end;
};

struct tcp_header {
	__be16 source;
	__be16 destination;
	__be32 sequence;
	__be32 acknowledged;
	__u8 offset;
	__u8 flags;
	__u8 rest[6];
};

struct sctp_header {
	__be16 source;
	__be16 destination;
	__u8 rest[8];
	__u8 chunk;
} __attribute__((packed));

struct icmp_header {
	__u8 type;
	__u8 code;
	__u8 rest[6];
};

static __always_inline void take_ports(const __be16 *ports, struct packet *packet)
{
	packet->source_port = bpf_ntohs(ports[0]);
	packet->destination_port = bpf_ntohs(ports[1]);
}

/* Whether a TCP segment tells something that its sockets may not. */
static __always_inline bool is_news(const struct tcp_header *tcp)
{
	return tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST) || (knobs.dns_answers && tcp->source == bpf_htons(PORT_DNS));
}

/* icmp_protocol: the ICMP that belongs to the packet's version of IP; the other one means nothing in it. */
static __always_inline enum parsed parse_transport(struct cursor *cursor, struct packet *packet, __u8 icmp_protocol)
{
	struct sctp_header *sctp = cursor->at;
	struct icmp_header *icmp = cursor->at;
	struct tcp_header *tcp = cursor->at;
	__be16 *ports = cursor->at;

	packet->transport = cursor->at - cursor->start;
	if (cursor->at > cursor->end)
		return PARSED_MALFORMED;
	switch (packet->protocol) {
	case IPPROTO_TCP:
		if ((void *)(tcp + 1) > cursor->end)
			return PARSED_MALFORMED;
		if (!is_news(tcp))
			return PARSED_DATA;
		packet->kind = tcp->flags;
		packet->header = (tcp->offset >> 4) * 4;
		packet->sequence = bpf_ntohl(tcp->sequence);
		break;
	case IPPROTO_UDP:
		if ((void *)(ports + 4) > cursor->end)
			return PARSED_MALFORMED;
		break;
	case IPPROTO_SCTP:
		if ((void *)(sctp + 1) > cursor->end)
			return PARSED_MALFORMED;
		packet->kind = sctp->chunk;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (packet->protocol != icmp_protocol)
			return PARSED_OTHER;
		if ((void *)(icmp + 1) > cursor->end)
			return PARSED_MALFORMED;
		packet->kind = icmp->type;
		packet->code = icmp->code;
		return PARSED_EDGE;
	default:
		return PARSED_OTHER;
	}
	take_ports(ports, packet);
	return PARSED_EDGE;
}

static __always_inline void take_ipv4(const struct iphdr *ip, struct packet *packet)
{
	map_ipv4(packet->source, ip->saddr);
	map_ipv4(packet->destination, ip->daddr);
	packet->protocol = ip->protocol;
	packet->fragmented = ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS);
	packet->fragment_id = ip->id;
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
	packet->end = ip->tot_len ? packet->network + bpf_ntohs(ip->tot_len) : 0;
	cursor->at += length;
	return parse_transport(cursor, packet, IPPROTO_ICMP);
}

struct extension_header {
	__u8 next;
	__u8 length;
	__be16 fragment;
	__be32 id;
};

static __always_inline bool is_extension(__u8 kind)
{
	return kind == IPPROTO_HOPOPTS || kind == IPPROTO_ROUTING || kind == IPPROTO_DSTOPTS ||
	       kind == IPPROTO_FRAGMENT || kind == IPPROTO_AH;
}

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

/* Goes on behind an extension header. Returns whether the packet is a later fragment, which has no more headers. */
static __always_inline bool take_extension(const struct extension_header *extension, struct packet *packet)
{
	bool later = false;

	if (packet->protocol == IPPROTO_FRAGMENT) {
		later = extension->fragment & bpf_htons(IPV6_FRAGMENT_OFFSET);
		packet->fragmented = extension->fragment & bpf_htons(IPV6_MORE_FRAGMENTS);
		packet->fragment_id = extension->id;
	}
	packet->protocol = extension->next;
	return later;
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
	packet->end = ip->payload_len ? packet->network + sizeof(*ip) + bpf_ntohs(ip->payload_len) : 0;
	for (int i = 0; i < MAX_EXTENSION_HEADERS && is_extension(packet->protocol); i++) {
		extension = cursor->at;
		if ((void *)(extension + 1) > cursor->end)
			return PARSED_MALFORMED;
		length = extension_length(packet->protocol, extension);
		if (take_extension(extension, packet))
			return PARSED_FRAGMENT;
		cursor->at += length;
	}
	return parse_transport(cursor, packet, IPPROTO_ICMPV6);
}

/* From the Ethernet header on. Tags that the network card took out are not in the packet and need no parsing. */
static __always_inline enum parsed parse_frame(struct cursor *cursor, struct packet *packet)
{
	struct ethhdr *ethernet = cursor->at;
	struct vlan_tag {
		__be16 tag;
		__be16 next;
	} * vlan;
	__be16 next;

	if ((void *)(ethernet + 1) > cursor->end)
		return PARSED_MALFORMED;
	next = ethernet->h_proto;
	cursor->at = ethernet + 1;
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		if (next != bpf_htons(ETH_P_8021Q) && next != bpf_htons(ETH_P_8021AD))
			break;
		vlan = cursor->at;
		if ((void *)(vlan + 1) > cursor->end)
			return PARSED_MALFORMED;
		next = vlan->next;
		cursor->at = vlan + 1;
	}
	packet->network = cursor->at - cursor->start;
	if (next == bpf_htons(ETH_P_IP))
		return parse_ipv4(cursor, packet);
	if (next == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(cursor, packet);
	return PARSED_OTHER;
}

static __always_inline enum parsed parse_packet(struct __sk_buff *skb, struct packet *packet)
{
	struct cursor cursor = { (void *)(long)skb->data, (void *)(long)skb->data, (void *)(long)skb->data_end };

	return parse_frame(&cursor, packet);
}

#endif
