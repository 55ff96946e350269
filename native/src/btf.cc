// SPDX-License-Identifier: Apache-2.0
#include "btf.h"

#include <bpf/btf.h>
#include <malloc.h>

#include <cerrno>
#include <memory>

#include "system_error.h"

namespace weir
{
namespace
{

struct BtfFreer {
	void operator()(btf *types) const
	{
		btf__free(types);
		// The kernel's are many megabytes in small pieces, which the allocator would keep.
		malloc_trim(0);
	}
};
using Btf = std::unique_ptr<btf, BtfFreer>;

constexpr uint32_t kBitsPerByte = 8;

} // namespace

std::vector<std::pair<std::string, uint32_t>> KernelEnum(const std::string &name)
{
	const Btf types(btf__load_vmlinux_btf());
	if (!types)
		throw SystemError(errno, "btf__load_vmlinux_btf");
	std::vector<std::pair<std::string, uint32_t>> values;
	const int id = btf__find_by_name_kind(types.get(), name.c_str(), BTF_KIND_ENUM);
	if (id < 0)
		return values;
	const btf_type *type = btf__type_by_id(types.get(), id);
	const struct btf_enum *entries = btf_enum(type);
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		values.emplace_back(btf__name_by_offset(types.get(), entries[i].name_off), entries[i].val);
	}
	return values;
}

std::vector<std::string> LackedTypes(const std::vector<std::string> &names)
{
	const Btf types(btf__load_vmlinux_btf());
	if (!types)
		throw SystemError(errno, "btf__load_vmlinux_btf");
	std::vector<std::string> lacked;
	for (const std::string &name : names)
		if (btf__find_by_name(types.get(), name.c_str()) <= 0)
			lacked.push_back(name);
	return lacked;
}

Layout LayoutOf(const std::string &object_path, const std::string &name)
{
	const Btf types(btf__parse(object_path.c_str(), nullptr));
	if (!types)
		throw SystemError(errno, "btf__parse", object_path);
	const int id = btf__find_by_name_kind(types.get(), name.c_str(), BTF_KIND_STRUCT);
	if (id < 0)
		throw SystemError(ENOENT, "find structure", name);
	const btf_type *type = btf__type_by_id(types.get(), id);
	Layout layout = { type->size, {} };
	const btf_member *members = btf_members(type);
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		layout.members.push_back({ btf__name_by_offset(types.get(), members[i].name_off),
					   btf_member_bit_offset(type, i) / kBitsPerByte,
					   static_cast<uint32_t>(btf__resolve_size(types.get(), members[i].type)) });
	}
	return layout;
}

} // namespace weir
