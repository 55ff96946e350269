// SPDX-License-Identifier: Apache-2.0
// Network namespaces: their cookies and the ids under which the current namespace knows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir
{

class Capture;

// A network namespace as seen from the current one.
struct NamespaceIds {
	// Unique for the life of the kernel, never used again.
	uint64_t cookie;
	// IFLA_LINK_NETNSID of links whose other end is there; -1 when the current namespace knows no such id.
	int32_t nsid;
};

struct NamespaceLook {
	NamespaceIds ids;
	// Why the ids could not be told; empty when they could.
	std::string problem;
};

// paths: files that hold namespaces open, such as /run/netns/x or /proc/1/ns/net. capture: asked for the cookies; where it
// is null each namespace is entered for a moment, which needs CAP_SYS_ADMIN.
std::vector<NamespaceLook> LookAtNamespaces(const std::vector<std::string> &paths, Capture *capture);

// Cookie of the namespace that the calling thread is in.
uint64_t OwnCookie();

} // namespace weir
