// SPDX-License-Identifier: Apache-2.0
#include "conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstring>

#include "netlink_request.h"
#include "system_error.h"

namespace weir
{
namespace
{

constexpr int kDumpAttempts = 5;

struct Endpoint {
	uint8_t address[16];
	uint16_t port;
};

// One direction of a connection: who sends to whom.
struct Tuple {
	Endpoint source;
	Endpoint destination;
	uint8_t protocol;
};

struct Tracked {
	Tuple original;
	Tuple reply;
	uint32_t status;
};

void TakeAddress(const nlattr *attribute, uint8_t *address)
{
	const size_t length = mnl_attr_get_payload_len(attribute);
	if (length == 4) {
		std::memset(address, 0, 10);
		address[10] = address[11] = 0xff;
		std::memcpy(address + 12, mnl_attr_get_payload(attribute), 4);
	} else if (length == 16) {
		std::memcpy(address, mnl_attr_get_payload(attribute), 16);
	}
}

void TakeAddresses(const nlattr *nested, Tuple *tuple)
{
	ForEachAttributeIn(nested, [&](const nlattr *attribute) {
		switch (mnl_attr_get_type(attribute)) {
		case CTA_IP_V4_SRC:
		case CTA_IP_V6_SRC:
			TakeAddress(attribute, tuple->source.address);
			break;
		case CTA_IP_V4_DST:
		case CTA_IP_V6_DST:
			TakeAddress(attribute, tuple->destination.address);
			break;
		}
	});
}

void TakePorts(const nlattr *nested, Tuple *tuple)
{
	ForEachAttributeIn(nested, [&](const nlattr *attribute) {
		switch (mnl_attr_get_type(attribute)) {
		case CTA_PROTO_NUM:
			tuple->protocol = mnl_attr_get_u8(attribute);
			break;
		case CTA_PROTO_SRC_PORT:
			tuple->source.port = ntohs(mnl_attr_get_u16(attribute));
			break;
		case CTA_PROTO_DST_PORT:
			tuple->destination.port = ntohs(mnl_attr_get_u16(attribute));
			break;
		}
	});
}

void TakeTuple(const nlattr *nested, Tuple *tuple)
{
	ForEachAttributeIn(nested, [&](const nlattr *attribute) {
		if (mnl_attr_get_type(attribute) == CTA_TUPLE_IP)
			TakeAddresses(attribute, tuple);
		else if (mnl_attr_get_type(attribute) == CTA_TUPLE_PROTO)
			TakePorts(attribute, tuple);
	});
}

Tracked ReadTracked(const nlmsghdr *message)
{
	Tracked tracked = {};
	ForEachAttributeOf(message, sizeof(nfgenmsg), [&](const nlattr *attribute) {
		switch (mnl_attr_get_type(attribute)) {
		case CTA_TUPLE_ORIG:
			TakeTuple(attribute, &tracked.original);
			break;
		case CTA_TUPLE_REPLY:
			TakeTuple(attribute, &tracked.reply);
			break;
		case CTA_STATUS:
			tracked.status = ntohl(mnl_attr_get_u32(attribute));
			break;
		}
	});
	return tracked;
}

// `tuple` is what the socket sends as it sees it, `behind` who gets it or sent it in truth.
std::pair<connection, translation> Translated(const Tuple &tuple, const Endpoint &behind)
{
	connection seen = {};
	translation real = {};
	std::memcpy(seen.local, tuple.source.address, sizeof(seen.local));
	std::memcpy(seen.remote, tuple.destination.address, sizeof(seen.remote));
	seen.local_port = tuple.source.port;
	seen.remote_port = tuple.destination.port;
	std::memcpy(real.remote, behind.address, sizeof(real.remote));
	real.port = behind.port;
	return { seen, real };
}

} // namespace

std::vector<std::pair<connection, translation>> TranslatedConnections()
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {};
	nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg));
	for (int left = kDumpAttempts;; left--) {
		std::vector<std::pair<connection, translation>> found;
		try {
			NetlinkRequest(
				OpenNetlink(NETLINK_NETFILTER), request, "IPCTNL_MSG_CT_GET",
				[&](const nlmsghdr *message) {
					const Tracked tracked = ReadTracked(message);
					if (tracked.original.protocol != IPPROTO_TCP)
						return;
					if (tracked.status & IPS_DST_NAT)
						found.push_back(Translated(tracked.original, tracked.reply.source));
					if (tracked.status & IPS_SRC_NAT)
						found.push_back(Translated(tracked.reply, tracked.original.source));
				});
			return found;
		} catch (const SystemError &error) {
			// The table changed its size meanwhile, so that the dump may not be whole (NLM_F_DUMP_INTR).
			if (error.error() != EINTR || left == 1)
				throw;
		}
	}
}

} // namespace weir
