// SPDX-License-Identifier: Apache-2.0
/*
 * Makes TCP traffic of a known shape over real sockets, and counts it. Every mode ends by itself, on SIGTERM, or with
 * the process that started it, and prints what it did as one line of JSON.
 *
 * Connections end as those of most clients do: the client closes first, with a FIN. A reset would be cheaper, but real
 * traffic goes through FIN_WAIT and LAST_ACK, and so must what is measured. The client's port then rests in TIME_WAIT;
 * for ten thousand connections a second its namespace needs tcp_tw_reuse=1 and a wide ip_local_port_range.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_SECONDS 3600
#define MAX_HOSTS 256
#define MAX_EVENTS 256
/* What an exchange may take before it has failed. */
#define PATIENCE_SECONDS 5
/* A target that refuses everything must not be asked for ever. */
#define MAX_FAILURES 1000

struct ports {
	uint16_t first;
	uint16_t last;
};

struct result {
	uint64_t connections; /* that were established */
	uint64_t failed; /* that were not, or whose byte did not come back */
	uint64_t transactions; /* bytes that came back */
	double seconds;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(const char *fault)
{
	fprintf(stderr,
		"load: %s\n"
		"usage: load serve FIRST-LAST SECONDS\n"
		"         echo on every port of the range\n"
		"       load rr HOST PORT SECONDS\n"
		"         one byte there and back on one connection, as often as possible\n"
		"       load crr HOST[,HOST]... PORT SECONDS RATE COUNT\n"
		"         connect to each host in turn, one byte there and back, close;\n"
		"         RATE a second and COUNT in all, 0 for as many as possible\n"
		"       load once HOST FIRST-LAST SECONDS\n"
		"         the same to every port of the range exactly once, spread over the time\n"
		"       load hold HOST FIRST-LAST SECONDS\n"
		"         an idle connection to every port of the range\n",
		fault);
	exit(2);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	struct timespec at = { .tv_sec = (time_t)when, .tv_nsec = (long)((when - (time_t)when) * 1e9) };

	while (!stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		usage(text);
	return value;
}

static struct ports port_range(char *text)
{
	char *dash = strchr(text, '-');
	struct ports ports;

	if (!dash)
		usage(text);
	*dash = 0;
	ports.first = number(text, 1, UINT16_MAX);
	ports.last = number(dash + 1, ports.first, UINT16_MAX);
	return ports;
}

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		usage(host);
	return address;
}

/* A connection, or -1. */
static int connect_to(const struct sockaddr_in *address)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		return fd;
	close(fd);
	return -1;
}

/* A byte there and back. */
static bool exchange(int fd)
{
	char byte = 'w';

	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;
}

static void connect_exchange_close(const struct sockaddr_in *address, struct result *result)
{
	int fd = connect_to(address);

	if (fd < 0) {
		if (++result->failed >= MAX_FAILURES)
			die("too many connections failed");
		return;
	}
	result->connections++;
	if (exchange(fd))
		result->transactions++;
	else
		result->failed++;
	close(fd);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 4096))
		die("listen");
	return fd;
}

/* Listeners are known by being negative. */
static void watch(int epoll, int fd, bool listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener ? -fd : fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static void accept_one(int epoll, int listener, struct result *result)
{
	int yes = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	result->connections++;
	watch(epoll, fd, false);
}

static void echo(int fd, struct result *result)
{
	char bytes[512];
	ssize_t length = recv(fd, bytes, sizeof(bytes), 0);

	if (length > 0 && send(fd, bytes, length, MSG_NOSIGNAL) == length)
		result->transactions += length;
	else if (length >= 0 || errno != EAGAIN)
		close(fd);
}

static void announce(void)
{
	puts("ready");
	fflush(stdout);
}

static void serve(struct ports ports, double until, struct result *result)
{
	struct epoll_event events[MAX_EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		die("epoll_create1");
	for (uint32_t port = ports.first; port <= ports.last; port++)
		watch(epoll, listen_on(port), true);
	announce();
	while (!stopped && now_seconds() < until) {
		/* A signal between the check and the wait is noticed a moment later. */
		int count = epoll_wait(epoll, events, MAX_EVENTS, 100);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd < 0)
				accept_one(epoll, -events[i].data.fd, result);
			else
				echo(events[i].data.fd, result);
		}
	}
}

static void rr(const struct sockaddr_in *address, double until, struct result *result)
{
	int fd = connect_to(address);

	if (fd < 0)
		die("connect");
	result->connections = 1;
	while (!stopped && now_seconds() < until) {
		if (!exchange(fd))
			die("exchange");
		result->transactions++;
	}
	close(fd);
}

static void crr(char *hosts, uint16_t port, double until, uint64_t rate, uint64_t count, struct result *result)
{
	static struct sockaddr_in addresses[MAX_HOSTS];
	double start = now_seconds();
	int targets = 0;

	for (char *host = strtok(hosts, ","); host; host = strtok(NULL, ",")) {
		if (targets == MAX_HOSTS)
			usage("too many hosts");
		addresses[targets++] = address_of(host, port);
	}
	if (!targets)
		usage("no host");
	for (uint64_t i = 0; (!count || i < count) && !stopped; i++) {
		if (rate)
			sleep_until(start + (double)i / rate);
		if (now_seconds() >= until)
			break;
		connect_exchange_close(&addresses[i % targets], result);
	}
}

static void once(const char *host, struct ports ports, double until, struct result *result)
{
	double start = now_seconds();
	double step = (until - start) / (ports.last - ports.first + 1);

	for (uint32_t port = ports.first; port <= ports.last && !stopped; port++) {
		struct sockaddr_in address = address_of(host, port);

		sleep_until(start + (port - ports.first + 0.5) * step);
		connect_exchange_close(&address, result);
	}
}

static void hold(const char *host, struct ports ports, double until, struct result *result)
{
	for (uint32_t port = ports.first; port <= ports.last; port++) {
		struct sockaddr_in address = address_of(host, port);

		if (connect_to(&address) < 0)
			die("connect");
		result->connections++;
	}
	announce();
	sleep_until(until);
}

/* Every connection and listener is an open file. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool is_mode(int argc, char **argv, const char *name, int arguments)
{
	return argc == arguments + 2 && !strcmp(argv[1], name);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct result result = {};
	double start = now_seconds();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &action, NULL);
	allow_many_files();
	if (is_mode(argc, argv, "serve", 2)) {
		serve(port_range(argv[2]), start + number(argv[3], 1, MAX_SECONDS), &result);
	} else if (is_mode(argc, argv, "rr", 3)) {
		struct sockaddr_in address = address_of(argv[2], number(argv[3], 1, UINT16_MAX));

		rr(&address, start + number(argv[4], 1, MAX_SECONDS), &result);
	} else if (is_mode(argc, argv, "crr", 5)) {
		crr(argv[2], number(argv[3], 1, UINT16_MAX), start + number(argv[4], 1, MAX_SECONDS),
		    number(argv[5], 0, 1000000), number(argv[6], 0, UINT32_MAX), &result);
	} else if (is_mode(argc, argv, "once", 3)) {
		once(argv[2], port_range(argv[3]), start + number(argv[4], 1, MAX_SECONDS), &result);
	} else if (is_mode(argc, argv, "hold", 3)) {
		hold(argv[2], port_range(argv[3]), start + number(argv[4], 1, MAX_SECONDS), &result);
	} else {
		usage("no such mode, or another number of arguments");
	}
	result.seconds = now_seconds() - start;
	printf("{\"connections\":%ju,\"failed\":%ju,\"transactions\":%ju,\"seconds\":%.6f}\n",
	       (uintmax_t)result.connections, (uintmax_t)result.failed, (uintmax_t)result.transactions, result.seconds);
	return 0;
}
