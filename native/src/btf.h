// SPDX-License-Identifier: Apache-2.0
// Type information of the running kernel and of our own object.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir
{

// Names and values of an enumeration of the running kernel; empty when the kernel does not have it.
std::vector<std::pair<std::string, uint32_t>> KernelEnum(const std::string &name);

// Those of the names that are no type of the running kernel, without its modules.
std::vector<std::string> LackedTypes(const std::vector<std::string> &names);

struct Member {
	std::string name;
	uint32_t offset;
	uint32_t size;
};

struct Layout {
	uint32_t size;
	std::vector<Member> members;
};

// Layout of a structure as the compiler laid it out in a BPF object file.
Layout LayoutOf(const std::string &object_path, const std::string &name);

} // namespace weir
