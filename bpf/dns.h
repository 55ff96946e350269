/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS answers on their way to a pod, for the names of external peers: the only payload that is ever looked at. */
#ifndef WEIR_DNS_H
#define WEIR_DNS_H

#define UDP_HEADER_SIZE 8

/* Hands up a datagram or a segment. The copy is bounded; user space is told the whole length. */
static __always_inline void hand_up_answer(struct __sk_buff *skb, const struct packet *packet, __u32 header)
{
	__u32 end = packet->end && packet->end < skb->len ? packet->end : skb->len;
	__u32 at = packet->transport + header;
	struct dns_answer *answer;
	__u32 length;

	if (at >= end)
		return;
	length = end - at;
	answer = bpf_ringbuf_reserve(&dns_answers, sizeof(*answer), 0);
	if (!answer) {
		count(STAT_DNS_ANSWERS_LOST);
		return;
	}
	answer->ns = bpf_ktime_get_coarse_ns();
	answer->interface = skb->ifindex;
	answer->sequence = packet->sequence;
	answer->client_port = packet->destination_port;
	answer->length = length < 0xffff ? length : 0xffff;
	answer->protocol = packet->protocol;
	__builtin_memcpy(answer->server, packet->source, 16);
	if (length > DNS_PAYLOAD_SIZE)
		length = DNS_PAYLOAD_SIZE;
	/* The compiler knows both bounds, the verifier has to be shown them where they count. */
	barrier_var(length);
	if (!length || length > DNS_PAYLOAD_SIZE || bpf_skb_load_bytes(skb, at, answer->payload, length)) {
		bpf_ringbuf_discard(answer, BPF_RB_NO_WAKEUP);
		count(STAT_DNS_ANSWERS_LOST);
		return;
	}
	bpf_ringbuf_submit(answer, BPF_RB_NO_WAKEUP);
}

static __always_inline bool is_dns_port(__u16 port)
{
	return port == PORT_DNS || port == PORT_MDNS;
}

#endif
