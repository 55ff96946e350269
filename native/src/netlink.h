// SPDX-License-Identifier: Apache-2.0
// What rtnetlink tells of links and namespaces, through libmnl.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir
{

struct Link {
	uint32_t ifindex;
	std::string name;
	// "veth", "netkit", ...; empty for physical devices.
	std::string kind;
	// Index of the other end in its own namespace; 0 when there is none.
	uint32_t peer_ifindex;
	// Id of the other end's namespace; -1 when it is in this one or there is none.
	int32_t peer_nsid;
};

// All links of the current network namespace, in one dump.
std::vector<Link> Links();

// The id under which the current namespace knows the namespace behind fd; -1 when it knows none.
int32_t NamespaceId(int fd);

// The same for the namespaces of processes; -1 also for a process that is gone.
std::vector<int32_t> NamespaceIdsOfProcesses(const std::vector<uint32_t> &pids);

} // namespace weir
