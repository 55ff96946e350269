// SPDX-License-Identifier: Apache-2.0
/*
 * Holds the empty programs loaded, and attached where Weir's are, until standard input ends. bpftool 7.1 can attach
 * neither to BTF tracepoints nor to tcx. The links live as long as this process: nothing is left behind.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* linux/bpf.h of Debian 12 is older than tcx (kernel 6.6); the numbers are ABI. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define BEFORE (1U << 3)

static void die(const char *what, int error)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static struct bpf_program *program_of(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (!program)
		die(name, ENOENT);
	return program;
}

static __u32 id_of(struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int error = bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);

	if (error)
		die("bpf_obj_get_info_by_fd", error);
	return info.id;
}

static void attach_tracepoint(struct bpf_program *program)
{
	if (!bpf_program__attach(program))
		die(bpf_program__name(program), errno);
}

/* At one end of the chain or the other: programs that pass everything on stand before it or behind. */
static void attach_packets(struct bpf_program *program, const char *interface, bool first)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = first ? BEFORE : 0);
	int ifindex = if_nametoindex(interface);
	int directions[] = { TCX_INGRESS, TCX_EGRESS };

	if (!ifindex)
		die(interface, errno);
	for (int i = 0; i < 2; i++) {
		int link = bpf_link_create(bpf_program__fd(program), ifindex, directions[i], &options);

		if (link < 0)
			die(interface, link);
	}
}

int main(int argc, char **argv)
{
	struct bpf_program *packet, *state, *drop;
	struct bpf_object *object;
	char byte;
	int error;
	bool first = argc > 3 && !strcmp(argv[3], "first");

	if (argc < 3) {
		fputs("usage: hold OBJECT tracepoints|packets-only [first|last INTERFACE...]\n", stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		die(argv[1], errno);
	error = bpf_object__load(object);
	if (error)
		die("bpf_object__load", error);
	packet = program_of(object, "empty_packet");
	state = program_of(object, "empty_tcp_state");
	drop = program_of(object, "empty_drop");
	for (int i = 4; i < argc; i++)
		attach_packets(packet, argv[i], first);
	if (!strcmp(argv[2], "tracepoints")) {
		attach_tracepoint(state);
		attach_tracepoint(drop);
	}
	printf("{\"packet\":%u,\"inet_sock_set_state\":%u,\"kfree_skb\":%u}\n", id_of(packet), id_of(state),
	       id_of(drop));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
