/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs on the host side of pod interfaces. They take what no socket in this kernel tells: UDP, SCTP, ICMP, and
 * TCP's SYNs and resets, which are all there is to see of a pod whose sockets are elsewhere (in a virtual machine, or
 * in user space). Connection tracking's translations are noted here for the sockets.
 */
#ifndef WEIR_PACKETS_H
#define WEIR_PACKETS_H

/* Whatever is found, the packet goes on to the next program, and to the stack after the last (TCX_NEXT). */
#define PASS (-1)

/* Bytes that hold every header that is looked at, for packets whose headers are not all in the linear part. */
#define HEADERS_SIZE 256

/*
 * Whether a packet from a pod comes from a TCP socket of this kernel. One of a virtual machine, or of a network stack in
 * user space, comes from a tun device or a packet socket.
 */
static __always_inline bool has_socket(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk && (sk->family == AF_INET || sk->family == AF_INET6);
}

static __always_inline void count_syn(struct __sk_buff *skb, const struct packet *packet, bool from_pod,
				      const struct tracked *tracked)
{
	struct packet_edge *edge;
	struct overflow *spilled;
	struct edge_key key;

	packet_key(&key, skb->ifindex, packet, from_pod, from_pod ? ROLE_CLIENT : ROLE_SERVER);
	if (tracked->translated)
		apply_translation(&key, tracked->remote, tracked->port);
	edge = packet_entry(&key, EVIDENCE_HANDSHAKE, tracked->translated, &spilled);
	if (!edge)
		return;
	ADD(edge->syn_packets, 1);
	if (from_pod && !has_socket(skb))
		ADD(edge->attempts, 1);
	settle(spilled);
}

/* The answer to a SYN, for a pod whose sockets are not in this kernel. `refused`: else it was accepted. */
static __always_inline void count_answer(struct __sk_buff *skb, const struct packet *packet, bool from_pod,
					 const struct tracked *tracked, bool refused)
{
	struct packet_edge *edge;
	struct overflow *spilled;
	struct edge_key key;

	packet_key(&key, skb->ifindex, packet, from_pod, from_pod ? ROLE_SERVER : ROLE_CLIENT);
	if (!from_pod) {
		/* A client that has its sockets here has made no attempt on this edge. */
		edge = find_plain(&key);
		if (!edge || !edge->attempts)
			return;
	}
	if (tracked->translated)
		apply_translation(&key, tracked->remote, tracked->port);
	edge = packet_entry(&key, EVIDENCE_HANDSHAKE, tracked->translated, &spilled);
	if (!edge)
		return;
	if (refused)
		ADD(edge->refused, 1);
	else
		ADD(edge->established, 1);
	settle(spilled);
}

static __always_inline void on_tcp(struct __sk_buff *skb, const struct packet *packet, bool from_pod)
{
	struct tracked tracked = {};
	bool syn = packet->kind & TCP_FLAG_SYN, ack = packet->kind & TCP_FLAG_ACK;

	if (!from_pod && syn) {
		read_tracked(skb, &tracked);
		if (tracked.translated)
			remember_translation(packet, &tracked);
	}
	if (packet->kind & TCP_FLAG_RST) {
		/* What answers a SYN acknowledges it and has no sequence number of its own (RFC 9293, 3.10.7.1). */
		if (ack && !packet->sequence)
			count_answer(skb, packet, from_pod, &tracked, true);
	} else if (syn && !ack) {
		count_syn(skb, packet, from_pod, &tracked);
	} else if (syn && (!from_pod || !has_socket(skb))) {
		count_answer(skb, packet, from_pod, &tracked, false);
	} else if (!from_pod && packet->source_port == PORT_DNS && packet->header >= TCP_HEADER_SIZE) {
		hand_up_answer(skb, packet, packet->header);
	}
}

static __always_inline void on_udp(struct __sk_buff *skb, struct packet *packet, bool from_pod)
{
	if (packet->fragmented)
		find_ports(packet, skb->ifindex, false);
	converse(skb, packet, from_pod);
	if (from_pod || !knobs.dns_answers || !is_dns_port(packet->source_port))
		return;
	if (packet->fragmented)
		count(STAT_DNS_ANSWERS_LOST);
	else
		hand_up_answer(skb, packet, UDP_HEADER_SIZE);
}

static __always_inline void on_later_fragment(struct __sk_buff *skb, struct packet *packet, bool from_pod)
{
	if (packet->protocol == IPPROTO_TCP)
		return;
	if (packet->protocol == IPPROTO_UDP && find_ports(packet, skb->ifindex, true))
		converse(skb, packet, from_pod);
	else
		count(STAT_PACKETS_FRAGMENTED);
}

/*
 * Counts a plain UDP datagram whose edge is there already, which spares most of the work of others. False when there is
 * more to it.
 */
static __always_inline bool is_known_datagram(struct __sk_buff *skb, const struct plain_frame *frame, bool from_pod)
{
	__be16 *ports = frame->transport;
	struct packet_edge *edge;
	struct plain_edge_key key;
	__u16 source, destination;
	bool to_lower;

	if (frame->protocol != IPPROTO_UDP || (void *)(ports + 4) > frame->end)
		return false;
	source = bpf_ntohs(ports[0]);
	destination = bpf_ntohs(ports[1]);
	/* What connection tracking knows may be translated, and DNS answers are handed up. */
	if (!from_pod && (is_dns_port(source) || attached_to(skb)))
		return false;
	take_far_address(frame, from_pod, key.remote);
	to_lower = destination <= source;
	key.interface = skb->ifindex;
	key.port = to_lower ? destination : source;
	key.protocol = IPPROTO_UDP;
	key.role = from_pod == to_lower ? ROLE_CLIENT : ROLE_SERVER;
	edge = bpf_map_lookup_elem(&packet_edges, &key);
	if (!edge)
		return false;
	edge->last_ns = bpf_ktime_get_coarse_ns();
	add_packets(edge, skb, frame->network, from_pod);
	return true;
}

static __always_inline enum parsed read_packet(struct __sk_buff *skb, struct packet *packet)
{
	enum parsed found = parse_packet(skb, packet);

	if (found != PARSED_MALFORMED || skb->len <= skb->data_end - skb->data)
		return found;
	if (bpf_skb_pull_data(skb, skb->len < HEADERS_SIZE ? skb->len : HEADERS_SIZE))
		return found;
	return parse_packet(skb, packet);
}

static __always_inline int observe(struct __sk_buff *skb, bool from_pod)
{
	struct plain_frame frame;
	struct packet packet;

	if (find_plain_frame(skb, &frame) && is_known_datagram(skb, &frame, from_pod))
		return PASS;
	__builtin_memset(&packet, 0, sizeof(packet));
	switch (read_packet(skb, &packet)) {
	case PARSED_DATA:
		break;
	case PARSED_EDGE:
		if (packet.protocol == IPPROTO_TCP)
			on_tcp(skb, &packet, from_pod);
		else if (packet.protocol == IPPROTO_UDP)
			on_udp(skb, &packet, from_pod);
		else if (packet.protocol == IPPROTO_SCTP)
			converse(skb, &packet, from_pod);
		else
			on_icmp(skb, &packet, from_pod);
		break;
	case PARSED_OTHER:
		count(STAT_PACKETS_OTHER_PROTOCOL);
		break;
	case PARSED_FRAGMENT:
		on_later_fragment(skb, &packet, from_pod);
		break;
	case PARSED_MALFORMED:
		count(STAT_PACKETS_MALFORMED);
		break;
	}
	return PASS;
}

static __noinline int on_other_from_pod(struct __sk_buff *skb)
{
	return observe(skb, true);
}

static __noinline int on_other_to_pod(struct __sk_buff *skb)
{
	return observe(skb, false);
}

/* The host side receives what the pod sends. A kernel that has tcx has this view of a packet too. */
static __always_inline bool is_from_pod(struct __sk_buff *skb)
{
	struct sk_buff *packet = bpf_cast_to_kern_ctx(skb);

	return BPF_CORE_READ_BITFIELD(packet, tc_at_ingress);
}

/*
 * Most packets are plain data and end here, so all else stands behind a call: a few lines of the cache that save no
 * register cost half of what they would in the midst of the whole. On its way between two pods a packet passes two
 * hooks, and its answer two more. It finds one program there, for both directions: what one run brought into the
 * processor's caches serves the next, which saves a third of all that the hooks cost a request.
 */
SEC("tc")
int on_packet(struct __sk_buff *skb)
{
	if (is_plain_data(skb))
		return PASS;
	return is_from_pod(skb) ? on_other_from_pod(skb) : on_other_to_pod(skb);
}

/* The same for filters of clsact, whose kernels may have no other way to tell the directions apart. */
SEC("tc")
int on_packet_from_pod(struct __sk_buff *skb)
{
	return is_plain_data(skb) ? PASS : on_other_from_pod(skb);
}

SEC("tc")
int on_packet_to_pod(struct __sk_buff *skb)
{
	return is_plain_data(skb) ? PASS : on_other_to_pod(skb);
}

#endif
