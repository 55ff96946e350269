/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of 16 bytes: IPv6, or IPv4 mapped into it. */
#ifndef WEIR_ADDRESS_H
#define WEIR_ADDRESS_H

static __always_inline void map_ipv4(__u8 *to, __be32 address)
{
	__builtin_memset(to, 0, 10);
	to[10] = 0xff;
	to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, 4);
}

static __always_inline bool same_address(const __u8 *a, const __u8 *b)
{
	__u64 left[2], right[2];

	__builtin_memcpy(left, a, 16);
	__builtin_memcpy(right, b, 16);
	return left[0] == right[0] && left[1] == right[1];
}

/* 127.0.0.0/8, also mapped into IPv6, and ::1. */
static __always_inline bool is_loopback(const __u8 *address)
{
	__u32 words[4];

	__builtin_memcpy(words, address, 16);
	if (words[0] || words[1])
		return false;
	return words[2] ? words[2] == bpf_htonl(0xffff) && address[12] == 127 : words[3] == bpf_htonl(1);
}

#endif
