// SPDX-License-Identifier: Apache-2.0
// The addon's functions. native/native.ts declares them and is their only caller.
#include <napi.h>

#include "btf.h"
#include "capture.h"
#include "conntrack.h"
#include "link_watch.h"
#include "namespaces.h"
#include "netlink.h"
#include "privileges.h"
#include "system_error.h"

namespace weir
{
namespace
{

using Info = Napi::CallbackInfo;

uint32_t U32(const Napi::Value &value)
{
	return value.As<Napi::Number>().Uint32Value();
}

std::string Text(const Napi::Value &value)
{
	return value.As<Napi::String>().Utf8Value();
}

std::vector<std::string> Texts(const Napi::Value &value)
{
	const auto given = value.As<Napi::Array>();
	std::vector<std::string> texts;
	for (uint32_t i = 0; i < given.Length(); i++)
		texts.push_back(Text(given.Get(i)));
	return texts;
}

uint64_t Flag(const Napi::Value &value)
{
	return value.As<Napi::Boolean>() ? 1 : 0;
}

uint64_t U64(const Napi::Value &value)
{
	bool lossless = false;
	return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

// A handle holds a Capture until it is closed or collected.
using Handle = std::unique_ptr<Capture>;

Capture &CaptureOf(const Info &info)
{
	Handle &handle = *info[0].As<Napi::External<Handle>>().Data();
	if (!handle)
		throw Napi::Error::New(info.Env(), "the capture is closed");
	return *handle;
}

knobs KnobsOf(const Napi::Object &given)
{
	knobs values = { U64(given.Get("nodeCookie")),
			 {},
			 Flag(given.Get("dnsAnswers")),
			 Flag(given.Get("conntrack")),
			 U64(given.Get("programId")) };
	const auto ignored = given.Get("ignoredReasons").As<Napi::Array>();
	for (uint32_t i = 0; i < ignored.Length(); i++) {
		const uint32_t reason = U32(ignored.Get(i));
		if (reason < REASON_BITS)
			values.ignored_reasons[reason / 64] |= 1ULL << (reason % 64);
	}
	return values;
}

CaptureOptions OptionsOf(const Napi::Object &given)
{
	CaptureOptions options = {};
	options.programs = Texts(given.Get("programs"));
	options.object_path = Text(given.Get("objectPath"));
	options.knobs_ = KnobsOf(given);
	options.identity_ = { U64(given.Get("captureId")), U64(given.Get("layoutId")), U64(given.Get("programId")), 0 };
	options.socket_edges = U32(given.Get("socketEdges"));
	options.packet_edges = U32(given.Get("packetEdges"));
	options.drop_edges = U32(given.Get("dropEdges"));
	options.interfaces = U32(given.Get("interfaces"));
	options.overflow_ring = U32(given.Get("overflowRingBytes"));
	options.dns_ring = U32(given.Get("dnsRingBytes"));
	options.pins = Text(given.Get("pins"));
	return options;
}

Napi::Value OpenCapture(const Info &info)
{
	const CaptureOptions options = OptionsOf(info[0].As<Napi::Object>());
	return Boundary(info.Env(), [&] {
		auto *handle = new Handle(std::make_unique<Capture>(options));
		return Napi::External<Handle>::New(info.Env(), handle, [](Napi::Env, Handle *old) { delete old; });
	});
}

void CloseCapture(const Info &info)
{
	info[0].As<Napi::External<Handle>>().Data()->reset();
}

void RemovePins(const Info &info)
{
	Boundary(info.Env(), [&] { CaptureOf(info).RemovePins(); });
}

Napi::Value CaptureOrigin(const Info &info)
{
	static constexpr const char *kNames[] = { "fresh", "maps-kept", "taken-over" };
	const Capture &capture = CaptureOf(info);
	auto result = Napi::Object::New(info.Env());
	result.Set("origin", kNames[static_cast<int>(capture.origin())]);
	result.Set("captureId", Napi::BigInt::New(info.Env(), capture.id()));
	return result;
}

void AttachTracing(const Info &info)
{
	const auto given = info[1].As<Napi::Array>();
	std::vector<Tracing> programs;
	for (uint32_t i = 0; i < given.Length(); i++) {
		const auto each = given.Get(i).As<Napi::Object>();
		programs.push_back({ Text(each.Get("program")), Text(each.Get("slot")) });
	}
	Boundary(info.Env(), [&] { CaptureOf(info).AttachTracing(programs); });
}

void EndSearch(const Info &info)
{
	Boundary(info.Env(), [&] { CaptureOf(info).EndSearch(); });
}

Napi::Value AttachInterface(const Info &info)
{
	const auto given = info[2].As<Napi::Object>();
	interface behind = {};
	behind.cookie = U64(given.Get("cookie"));
	behind.since_ns = U64(given.Get("sinceNs"));
	behind.nsid = given.Get("nsid").As<Napi::Number>().Int32Value();
	behind.born_watched = Flag(given.Get("bornWatched"));
	return Boundary(info.Env(), [&] {
		const bool tcx = info[3].As<Napi::Boolean>();
		return Napi::Boolean::New(info.Env(), CaptureOf(info).AttachInterface(U32(info[1]), behind, tcx));
	});
}

void DetachInterface(const Info &info)
{
	CaptureOf(info).DetachInterface(U32(info[1]));
}

Napi::Value AttachedInterfaces(const Info &info)
{
	const std::vector<uint32_t> attached = CaptureOf(info).AttachedInterfaces();
	auto result = Napi::Array::New(info.Env(), attached.size());
	for (size_t i = 0; i < attached.size(); i++)
		result[i] = Napi::Number::New(info.Env(), attached[i]);
	return result;
}

Napi::Value BufferOf(const Info &info, const std::vector<uint8_t> &bytes)
{
	return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

Napi::Value DrainRing(const Info &info)
{
	return Boundary(info.Env(), [&] { return BufferOf(info, CaptureOf(info).Drain(Text(info[1]))); });
}

Napi::Value RunIterator(const Info &info)
{
	return Boundary(info.Env(), [&] { return BufferOf(info, CaptureOf(info).Iterate(Text(info[1]))); });
}

Napi::Value NoteTranslations(const Info &info)
{
	return Boundary(info.Env(), [&] {
		const auto translations = TranslatedConnections();
		const size_t noted = CaptureOf(info).NoteTranslations(translations);
		auto result = Napi::Object::New(info.Env());
		result.Set("noted", Napi::Number::New(info.Env(), static_cast<double>(noted)));
		result.Set("left", Napi::Number::New(info.Env(), static_cast<double>(translations.size() - noted)));
		return result;
	});
}

Napi::Value SweepTranslations(const Info &info)
{
	return Boundary(info.Env(),
			[&] { return Napi::Number::New(info.Env(), CaptureOf(info).SweepTranslations(U64(info[1]))); });
}

Napi::Value ReadMap(const Info &info)
{
	return Boundary(info.Env(), [&] { return BufferOf(info, CaptureOf(info).Read(Text(info[1]))); });
}

Napi::Value TakeEntries(const Info &info)
{
	const auto keys = info[2].As<Napi::Uint8Array>();
	return Boundary(info.Env(), [&] {
		return BufferOf(info, CaptureOf(info).Take(Text(info[1]), keys.Data(), keys.ByteLength()));
	});
}

Napi::Value ReadStatistics(const Info &info)
{
	return Boundary(info.Env(), [&] {
		const std::vector<uint64_t> sums = CaptureOf(info).Statistics();
		auto result = Napi::Array::New(info.Env(), sums.size());
		for (size_t i = 0; i < sums.size(); i++)
			result[i] = Napi::Number::New(info.Env(), static_cast<double>(sums[i]));
		return result;
	});
}

Napi::Value TestRun(const Info &info)
{
	const auto frame = info[2].As<Napi::Uint8Array>();
	return Boundary(info.Env(), [&] {
		uint32_t ns = 0;
		const int verdict =
			CaptureOf(info).TestRun(Text(info[1]), frame.Data(), frame.ByteLength(), U32(info[3]), &ns);
		auto result = Napi::Object::New(info.Env());
		result.Set("verdict", Napi::Number::New(info.Env(), verdict));
		result.Set("nsPerRun", Napi::Number::New(info.Env(), ns));
		return result;
	});
}

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
	const std::vector<uint32_t> gone = (*info[0].As<Napi::External<WatchHandle>>().Data())->TakeGone();
	auto result = Napi::Array::New(info.Env(), gone.size());
	for (size_t i = 0; i < gone.size(); i++)
		result[i] = Napi::Number::New(info.Env(), gone[i]);
	return result;
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
	return Boundary(info.Env(), [&] {
		const std::vector<int32_t> nsids = NamespaceIdsOfProcesses(pids);
		auto result = Napi::Array::New(info.Env(), nsids.size());
		for (size_t i = 0; i < nsids.size(); i++)
			result[i] = Napi::Number::New(info.Env(), nsids[i]);
		return result;
	});
}

Napi::Value OwnNamespaceCookie(const Info &info)
{
	return Boundary(info.Env(), [&] { return Napi::BigInt::New(info.Env(), OwnCookie()); });
}

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

Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	const auto add = [&](const char *name, auto function) {
		exports.Set(name, Napi::Function::New(env, function, name));
	};
	add("openCapture", OpenCapture);
	add("closeCapture", CloseCapture);
	add("removePins", RemovePins);
	add("captureOrigin", CaptureOrigin);
	add("attachTracing", AttachTracing);
	add("endSearch", EndSearch);
	add("attachInterface", AttachInterface);
	add("detachInterface", DetachInterface);
	add("attachedInterfaces", AttachedInterfaces);
	add("drainRing", DrainRing);
	add("runIterator", RunIterator);
	add("noteTranslations", NoteTranslations);
	add("sweepTranslations", SweepTranslations);
	add("readMap", ReadMap);
	add("takeEntries", TakeEntries);
	add("readStatistics", ReadStatistics);
	add("testRun", TestRun);
	add("listLinks", ListLinks);
	add("watchLinks", WatchLinks);
	add("takeGoneLinks", TakeGoneLinks);
	add("unwatchLinks", UnwatchLinks);
	add("lookAtNamespaces", LookAtNamespacesOf);
	add("processNamespaceIds", ProcessNamespaceIds);
	add("ownNamespaceCookie", OwnNamespaceCookie);
	add("kernelEnum", KernelEnumValues);
	add("kernelLacksTypes", KernelLacksTypes);
	add("structLayout", StructLayout);
	add("permittedCapabilities", PermittedCapabilities);
	add("restrictAndExec", RestrictAndExec);
	return exports;
}

} // namespace

NODE_API_MODULE(weir_native, Init)

} // namespace weir
