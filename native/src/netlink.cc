// SPDX-License-Identifier: Apache-2.0
#include "netlink.h"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "netlink_request.h"
#include "system_error.h"

namespace weir
{
namespace
{

// Of a dump that changes cut short.
constexpr int kDumpAttempts = 20;

std::string KindOf(const nlattr *link_info)
{
	std::string kind;
	ForEachAttributeIn(link_info, [&](const nlattr *attribute) {
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
			NetlinkRequest(OpenNetlink(NETLINK_ROUTE), request, "RTM_GETLINK",
				       [&](const nlmsghdr *message) {
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
int32_t AskNamespaceId(const NetlinkSocket &socket, uint16_t attribute, uint32_t value)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {};
	nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_GETNSID;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(request, sizeof(rtgenmsg));
	mnl_attr_put_u32(request, attribute, value);
	int32_t nsid = -1;
	NetlinkRequest(socket, request, "RTM_GETNSID", [&](const nlmsghdr *message) {
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
	return AskNamespaceId(OpenNetlink(NETLINK_ROUTE), NETNSA_FD, static_cast<uint32_t>(fd));
}

std::vector<int32_t> NamespaceIdsOfProcesses(const std::vector<uint32_t> &pids)
{
	const NetlinkSocket socket = OpenNetlink(NETLINK_ROUTE);
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
