// SPDX-License-Identifier: Apache-2.0
#include "netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>
#include <functional>
#include <memory>

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

// Of a dump that changes cut short.
constexpr int kDumpAttempts = 20;

using OnMessage = std::function<void(const nlmsghdr *)>;

int Forward(const nlmsghdr *message, void *data)
{
	(*static_cast<const OnMessage *>(data))(message);
	return MNL_CB_OK;
}

using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

Socket OpenSocket()
{
	Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		throw SystemError(errno, "netlink socket");
	return socket;
}

// Sends one request and hands every answer on, to the end of a dump or the acknowledgement.
void Request(const Socket &socket, nlmsghdr *request, const char *op, const OnMessage &on_message)
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

// Walks attributes from `first` to `end`; libmnl's own loops are macros that C++ does not take.
template <typename OnAttribute>
void ForEachAttribute(const void *first, const void *end, OnAttribute on_attribute)
{
	const auto *attribute = static_cast<const nlattr *>(first);
	while (mnl_attr_ok(attribute, static_cast<int>(static_cast<const char *>(end) -
						       reinterpret_cast<const char *>(attribute)))) {
		on_attribute(attribute);
		attribute = mnl_attr_next(attribute);
	}
}

template <typename OnAttribute>
void ForEachAttributeOf(const nlmsghdr *message, size_t header, OnAttribute on_attribute)
{
	ForEachAttribute(mnl_nlmsg_get_payload_offset(message, header), mnl_nlmsg_get_payload_tail(message),
			 on_attribute);
}

std::string KindOf(const nlattr *link_info)
{
	const char *payload = static_cast<const char *>(mnl_attr_get_payload(link_info));
	std::string kind;
	ForEachAttribute(payload, payload + mnl_attr_get_payload_len(link_info), [&](const nlattr *attribute) {
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			kind = mnl_attr_get_str(attribute);
	});
	return kind;
}

Link ReadLink(const nlmsghdr *message)
{
	const auto *info = static_cast<const ifinfomsg *>(mnl_nlmsg_get_payload(message));
	Link link = { static_cast<uint32_t>(info->ifi_index), "", "", 0, -1 };
	ForEachAttributeOf(message, sizeof(*info), [&](const nlattr *attribute) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			link.name = mnl_attr_get_str(attribute);
			break;
		case IFLA_LINK:
			link.peer_ifindex = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK_NETNSID:
			link.peer_nsid = static_cast<int32_t>(mnl_attr_get_u32(attribute));
			break;
		case IFLA_LINKINFO:
			link.kind = KindOf(attribute);
			break;
		}
	});
	return link;
}

} // namespace

std::vector<Link> Links()
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {};
	nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));
	for (int left = kDumpAttempts;; left--) {
		std::vector<Link> links;
		try {
			Request(OpenSocket(), request, "RTM_GETLINK", [&](const nlmsghdr *message) {
				if (message->nlmsg_type == RTM_NEWLINK)
					links.push_back(ReadLink(message));
			});
			return links;
		} catch (const SystemError &error) {
			// Links changed meanwhile, so that the dump may not be whole (NLM_F_DUMP_INTR).
			if (error.error() != EINTR || left == 1)
				throw;
		}
	}
}

namespace
{

// Attribute: NETNSA_FD or NETNSA_PID.
int32_t AskNamespaceId(const Socket &socket, uint16_t attribute, uint32_t value)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {};
	nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_GETNSID;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(request, sizeof(rtgenmsg));
	mnl_attr_put_u32(request, attribute, value);
	int32_t nsid = -1;
	Request(socket, request, "RTM_GETNSID", [&](const nlmsghdr *message) {
		if (message->nlmsg_type != RTM_NEWNSID)
			return;
		ForEachAttributeOf(message, sizeof(rtgenmsg), [&](const nlattr *attribute) {
			if (mnl_attr_get_type(attribute) == NETNSA_NSID)
				nsid = static_cast<int32_t>(mnl_attr_get_u32(attribute));
		});
	});
	return nsid;
}

} // namespace

int32_t NamespaceId(int fd)
{
	return AskNamespaceId(OpenSocket(), NETNSA_FD, static_cast<uint32_t>(fd));
}

std::vector<int32_t> NamespaceIdsOfProcesses(const std::vector<uint32_t> &pids)
{
	const Socket socket = OpenSocket();
	std::vector<int32_t> nsids;
	for (const uint32_t pid : pids) {
		try {
			nsids.push_back(AskNamespaceId(socket, NETNSA_PID, pid));
		} catch (const SystemError &) {
			nsids.push_back(-1);
		}
	}
	return nsids;
}

} // namespace weir
