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
namespace
{

// Kept until somebody asks.
constexpr size_t kMaxGone = 1 << 16;
// Room for the news of some thousand links.
constexpr int kReceiveBuffer = 4 << 20;

} // namespace

LinkWatch::LinkWatch(Napi::Env env, Napi::Function callback)
    : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)), stop_(eventfd(0, EFD_CLOEXEC))
{
	if (!socket_ || stop_ < 0)
		throw SystemError(errno, "netlink socket");
	setsockopt(mnl_socket_get_fd(socket_.get()), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
		   sizeof(kReceiveBuffer));
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
		for (;;) {
			const ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
			if (length <= 0 && errno != ENOBUFS)
				break;
			Note(buffer, length > 0 ? static_cast<size_t>(length) : 0);
			errno = 0;
		}
		callback_.NonBlockingCall();
	}
}

void LinkWatch::Note(const char *messages, size_t length)
{
	const std::lock_guard<std::mutex> lock(mutex_);
	if (!length || gone_.size() >= kMaxGone)
		gone_ = { 0 };
	int left = static_cast<int>(length);
	for (const auto *each = reinterpret_cast<const nlmsghdr *>(messages); mnl_nlmsg_ok(each, left);
	     each = mnl_nlmsg_next(each, &left)) {
		if (each->nlmsg_type != RTM_DELLINK)
			continue;
		const auto *info = static_cast<const ifinfomsg *>(mnl_nlmsg_get_payload(each));
		// A bridge tells with the same message that a port left it: the link itself stays.
		if (info->ifi_family == AF_UNSPEC)
			gone_.insert(static_cast<uint32_t>(info->ifi_index));
	}
}

std::vector<uint32_t> LinkWatch::TakeGone()
{
	const std::lock_guard<std::mutex> lock(mutex_);
	std::vector<uint32_t> taken(gone_.begin(), gone_.end());
	gone_.clear();
	return taken;
}

} // namespace weir
