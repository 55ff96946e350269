// SPDX-License-Identifier: Apache-2.0
// Types of the running kernel, and the rights of this process.
#include "addon.h"
#include "btf.h"
#include "privileges.h"

namespace weir
{
namespace
{

Napi::Value KernelEnumValues(const Info &info)
{
	return Boundary(info.Env(), [&] {
		auto result = Napi::Object::New(info.Env());
		for (const auto &[name, value] : KernelEnum(Text(info[0])))
			result.Set(name, value);
		return result;
	});
}

Napi::Value StructLayout(const Info &info)
{
	return Boundary(info.Env(), [&] {
		const Layout layout = LayoutOf(Text(info[0]), Text(info[1]));
		auto members = Napi::Object::New(info.Env());
		for (const Member &each : layout.members) {
			auto member = Napi::Object::New(info.Env());
			member.Set("offset", each.offset);
			member.Set("size", each.size);
			members.Set(each.name, member);
		}
		auto result = Napi::Object::New(info.Env());
		result.Set("size", layout.size);
		result.Set("members", members);
		return result;
	});
}

Napi::Value KernelLacksTypes(const Info &info)
{
	return Boundary(info.Env(), [&] {
		const std::vector<std::string> lacked = LackedTypes(Texts(info[0]));
		auto result = Napi::Array::New(info.Env(), lacked.size());
		for (size_t i = 0; i < lacked.size(); i++)
			result[i] = Napi::String::New(info.Env(), lacked[i]);
		return result;
	});
}

Napi::Value PermittedCapabilities(const Info &info)
{
	return Boundary(info.Env(), [&] { return Napi::BigInt::New(info.Env(), Permitted()); });
}

void RestrictAndExec(const Info &info)
{
	Boundary(info.Env(), [&] { ExecRestricted(U64(info[0]), Texts(info[1])); });
}

} // namespace

void AddKernel(Exports &exports)
{
	exports.Add("kernelEnum", KernelEnumValues);
	exports.Add("structLayout", StructLayout);
	exports.Add("kernelLacksTypes", KernelLacksTypes);
	exports.Add("permittedCapabilities", PermittedCapabilities);
	exports.Add("restrictAndExec", RestrictAndExec);
}

} // namespace weir
