// SPDX-License-Identifier: Apache-2.0
// Links and network namespaces of the machine.
#include "addon.h"
#include "link_watch.h"
#include "namespaces.h"
#include "netlink.h"

namespace weir
{
namespace
{

Napi::Value ListLinks(const Info &info)
{
	return Boundary(info.Env(), [&] {
		const std::vector<Link> links = Links();
		auto result = Napi::Array::New(info.Env(), links.size());
		for (size_t i = 0; i < links.size(); i++) {
			auto link = Napi::Object::New(info.Env());
			link.Set("ifindex", links[i].ifindex);
			link.Set("name", links[i].name);
			link.Set("kind", links[i].kind);
			link.Set("peerIfindex", links[i].peer_ifindex);
			link.Set("peerNsid", links[i].peer_nsid);
			result[i] = link;
		}
		return result;
	});
}

using WatchHandle = std::unique_ptr<LinkWatch>;

Napi::Value WatchLinks(const Info &info)
{
	return Boundary(info.Env(), [&] {
		auto *handle = new WatchHandle(std::make_unique<LinkWatch>(info.Env(), info[0].As<Napi::Function>()));
		return Napi::External<WatchHandle>::New(info.Env(), handle,
							[](Napi::Env, WatchHandle *old) { delete old; });
	});
}

Napi::Value TakeGoneLinks(const Info &info)
{
	return Numbers(info, (*info[0].As<Napi::External<WatchHandle>>().Data())->TakeGone());
}

void UnwatchLinks(const Info &info)
{
	info[0].As<Napi::External<WatchHandle>>().Data()->reset();
}

Napi::Value LookAtNamespacesOf(const Info &info)
{
	return Boundary(info.Env(), [&] {
		Capture *capture = info[1].IsNull() ? nullptr : info[1].As<Napi::External<Handle>>().Data()->get();
		const std::vector<NamespaceLook> looks = LookAtNamespaces(Texts(info[0]), capture);
		auto result = Napi::Array::New(info.Env(), looks.size());
		for (size_t i = 0; i < looks.size(); i++) {
			auto look = Napi::Object::New(info.Env());
			look.Set("cookie", Napi::BigInt::New(info.Env(), looks[i].ids.cookie));
			look.Set("nsid", looks[i].ids.nsid);
			look.Set("problem", looks[i].problem);
			result[i] = look;
		}
		return result;
	});
}

Napi::Value ProcessNamespaceIds(const Info &info)
{
	const auto given = info[0].As<Napi::Array>();
	std::vector<uint32_t> pids;
	for (uint32_t i = 0; i < given.Length(); i++)
		pids.push_back(U32(given.Get(i)));
	return Boundary(info.Env(), [&] { return Numbers(info, NamespaceIdsOfProcesses(pids)); });
}

Napi::Value OwnNamespaceCookie(const Info &info)
{
	return Boundary(info.Env(), [&] { return Napi::BigInt::New(info.Env(), OwnCookie()); });
}

} // namespace

void AddNetwork(Exports &exports)
{
	exports.Add("listLinks", ListLinks);
	exports.Add("watchLinks", WatchLinks);
	exports.Add("takeGoneLinks", TakeGoneLinks);
	exports.Add("unwatchLinks", UnwatchLinks);
	exports.Add("lookAtNamespaces", LookAtNamespacesOf);
	exports.Add("processNamespaceIds", ProcessNamespaceIds);
	exports.Add("ownNamespaceCookie", OwnNamespaceCookie);
}

} // namespace weir
