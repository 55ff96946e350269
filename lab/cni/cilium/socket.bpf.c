// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Load balancing at the socket: a pod that calls a Service has the address of a backend in its own socket before the
 * first packet leaves. Attached to the cgroup that holds the pods of a node.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PROCEED 1

struct service_key {
	__be32 address;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};

struct service {
	__u32 id;
	__u32 backends;
};

struct backend_key {
	__u32 service;
	__u32 slot;
};

struct endpoint {
	__be32 address;
	__be16 port;
	__u16 zero;
};

struct reverse_key {
	__u64 socket;
	struct endpoint backend;
};

/* Written by the lab: what a Service is called, and how many pods are behind it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct service_key);
	__type(value, struct service);
} services SEC(".maps");

/* Written by the lab: the pods behind a Service, from slot 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct backend_key);
	__type(value, struct endpoint);
} backends SEC(".maps");

/* What a socket called when it was given a backend; the oldest goes first when it is full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct reverse_key);
	__type(value, struct endpoint);
} called SEC(".maps");

static __always_inline int to_backend(struct bpf_sock_addr *context)
{
	struct service_key key = { context->user_ip4, context->user_port, context->protocol, 0 };
	struct service *service = bpf_map_lookup_elem(&services, &key);
	struct endpoint original = { key.address, key.port, 0 };
	struct backend_key choice;
	struct reverse_key reverse = {};
	struct endpoint *backend;

	if (!service || !service->backends)
		return PROCEED;
	choice.service = service->id;
	choice.slot = bpf_get_prandom_u32() % service->backends;
	backend = bpf_map_lookup_elem(&backends, &choice);
	if (!backend)
		return PROCEED;
	reverse.socket = bpf_get_socket_cookie(context);
	reverse.backend = *backend;
	bpf_map_update_elem(&called, &reverse, &original, BPF_ANY);
	context->user_ip4 = backend->address;
	context->user_port = backend->port;
	return PROCEED;
}

/* Whoever asks from where an answer came hears of the Service that was called. */
static __always_inline int to_service(struct bpf_sock_addr *context)
{
	struct reverse_key reverse = {};
	struct endpoint *original;

	reverse.socket = bpf_get_socket_cookie(context);
	reverse.backend.address = context->user_ip4;
	reverse.backend.port = context->user_port;
	original = bpf_map_lookup_elem(&called, &reverse);
	if (!original)
		return PROCEED;
	context->user_ip4 = original->address;
	context->user_port = original->port;
	return PROCEED;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *context)
{
	return to_backend(context);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *context)
{
	return to_backend(context);
}

SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *context)
{
	return to_service(context);
}

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *context)
{
	return to_service(context);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
