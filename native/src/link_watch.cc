// SPDX-License-Identifier: Apache-2.0
#include "link_watch.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "system_error.h"

namespace weir
{

LinkWatch::LinkWatch(Napi::Env env, Napi::Function callback)
    : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)), stop_(eventfd(0, EFD_CLOEXEC))
{
	if (!socket_ || stop_ < 0)
		throw SystemError(errno, "netlink socket");
	if (mnl_socket_bind(socket_.get(), RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		throw SystemError(errno, "netlink RTMGRP_LINK");
	}
	// A queue of one: a call that waits already tells everything that a second one would.
	callback_ = Napi::ThreadSafeFunction::New(env, callback, "LinkWatch", 1, 1);
	thread_ = std::thread([this] { Listen(); });
}

LinkWatch::~LinkWatch()
{
	const uint64_t one = 1;
	if (write(stop_, &one, sizeof(one)) == sizeof(one))
		thread_.join();
	callback_.Abort();
	close(stop_);
}

void LinkWatch::Listen()
{
	char buffer[1 << 14];
	const int fd = mnl_socket_get_fd(socket_.get());
	pollfd ready[] = { { fd, POLLIN, 0 }, { stop_, POLLIN, 0 } };
	for (;;) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return;
		if (ready[1].revents)
			return;
		// An overflow (ENOBUFS) is news as well: read until there is nothing, then tell once.
		while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
			errno = 0;
		callback_.NonBlockingCall();
	}
}

} // namespace weir
