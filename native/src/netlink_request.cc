// SPDX-License-Identifier: Apache-2.0
#include "netlink_request.h"

#include <cerrno>
#include <ctime>
#include <memory>
#include <vector>

#include "system_error.h"

namespace weir
{
namespace
{

struct SocketCloser {
	void operator()(mnl_socket *socket) const
	{
		mnl_socket_close(socket);
	}
};

int Forward(const nlmsghdr *message, void *data)
{
	(*static_cast<const OnMessage *>(data))(message);
	return MNL_CB_OK;
}

} // namespace

void NetlinkRequest(int family, nlmsghdr *request, const char *op, const OnMessage &on_message)
{
	const std::unique_ptr<mnl_socket, SocketCloser> socket(mnl_socket_open(family));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		throw SystemError(errno, "netlink socket");
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
