// SPDX-License-Identifier: Apache-2.0
// The capture: opened and closed, and attached to the kernel and to interfaces.
#include "addon.h"

namespace weir
{
namespace
{

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
	return Numbers(info, CaptureOf(info).AttachedInterfaces());
}

} // namespace

void AddCapture(Exports &exports)
{
	exports.Add("openCapture", OpenCapture);
	exports.Add("closeCapture", CloseCapture);
	exports.Add("removePins", RemovePins);
	exports.Add("captureOrigin", CaptureOrigin);
	exports.Add("attachTracing", AttachTracing);
	exports.Add("endSearch", EndSearch);
	exports.Add("attachInterface", AttachInterface);
	exports.Add("detachInterface", DetachInterface);
	exports.Add("attachedInterfaces", AttachedInterfaces);
}

} // namespace weir
