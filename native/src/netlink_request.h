// SPDX-License-Identifier: Apache-2.0
// One request to a netlink family, and walking what it answers.
#pragma once

#include <libmnl/libmnl.h>

#include <functional>
#include <memory>

namespace weir
{

struct NetlinkCloser {
	void operator()(mnl_socket *socket) const
	{
		mnl_socket_close(socket);
	}
};
using NetlinkSocket = std::unique_ptr<mnl_socket, NetlinkCloser>;

// Of a family: NETLINK_ROUTE, ... Throws SystemError.
NetlinkSocket OpenNetlink(int family);

using OnMessage = std::function<void(const nlmsghdr *)>;

// Sends a request and hands every answer on, to the end of a dump or the acknowledgement. Throws SystemError; EINTR
// when changes cut a dump short.
void NetlinkRequest(const NetlinkSocket &socket, nlmsghdr *request, const char *op, const OnMessage &on_message);

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

// Those of a message, behind the header of its family.
template <typename OnAttribute>
void ForEachAttributeOf(const nlmsghdr *message, size_t header, OnAttribute on_attribute)
{
	ForEachAttribute(mnl_nlmsg_get_payload_offset(message, header), mnl_nlmsg_get_payload_tail(message),
			 on_attribute);
}

// Those that an attribute holds.
template <typename OnAttribute>
void ForEachAttributeIn(const nlattr *nested, OnAttribute on_attribute)
{
	const char *payload = static_cast<const char *>(mnl_attr_get_payload(nested));
	ForEachAttribute(payload, payload + mnl_attr_get_payload_len(nested), on_attribute);
}

} // namespace weir
