// SPDX-License-Identifier: Apache-2.0
#include "netlink_request.h"

#include <sys/socket.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include "system_error.h"

namespace weir
{
namespace
{

int Forward(const nlmsghdr *message, void *data)
{
	(*static_cast<const OnMessage *>(data))(message);
	return MNL_CB_OK;
}

} // namespace

NetlinkSocket OpenNetlink(int family)
{
	NetlinkSocket socket(mnl_socket_open2(family, SOCK_CLOEXEC));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		throw SystemError(errno, "netlink socket");
	return socket;
}

void NetlinkRequest(const NetlinkSocket &socket, nlmsghdr *request, const char *op, const OnMessage &on_message)
{
	request->nlmsg_seq = static_cast<uint32_t>(std::time(nullptr));
	if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0)
		throw SystemError(errno, op);
	std::vector<char> buffer(1 << 16);
	for (;;) {
		const ssize_t length = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
		if (length < 0)
			throw SystemError(errno, op);
		const int more =
			mnl_cb_run(buffer.data(), length, request->nlmsg_seq, mnl_socket_get_portid(socket.get()),
				   Forward, const_cast<OnMessage *>(&on_message));
		if (more < 0)
			throw SystemError(errno, op);
		if (more == MNL_CB_STOP)
			return;
	}
}

} // namespace weir
