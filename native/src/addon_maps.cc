// SPDX-License-Identifier: Apache-2.0
// What the programs of a capture have found, and what they are told: rings, iterators, maps and counts.
#include "addon.h"
#include "conntrack.h"

namespace weir
{
namespace
{

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
	return Boundary(info.Env(), [&] { return Numbers(info, CaptureOf(info).Statistics()); });
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

} // namespace

void AddMaps(Exports &exports)
{
	exports.Add("drainRing", DrainRing);
	exports.Add("runIterator", RunIterator);
	exports.Add("noteTranslations", NoteTranslations);
	exports.Add("sweepTranslations", SweepTranslations);
	exports.Add("readMap", ReadMap);
	exports.Add("takeEntries", TakeEntries);
	exports.Add("readStatistics", ReadStatistics);
	exports.Add("testRun", TestRun);
}

} // namespace weir
