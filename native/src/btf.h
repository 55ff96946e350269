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

// Whether the type information of the running kernel, without its modules, has a type of this name.
bool HasKernelType(const std::string &name);

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
