// SPDX-License-Identifier: Apache-2.0
// What the files of the addon's functions share: values of JavaScript in C++ and back, and where functions are added.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "capture.h"
#include "system_error.h"

namespace weir
{

using Info = Napi::CallbackInfo;

inline uint32_t U32(const Napi::Value &value)
{
	return value.As<Napi::Number>().Uint32Value();
}

inline uint64_t U64(const Napi::Value &value)
{
	bool lossless = false;
	return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

inline uint64_t Flag(const Napi::Value &value)
{
	return value.As<Napi::Boolean>() ? 1 : 0;
}

inline std::string Text(const Napi::Value &value)
{
	return value.As<Napi::String>().Utf8Value();
}

inline std::vector<std::string> Texts(const Napi::Value &value)
{
	const auto given = value.As<Napi::Array>();
	std::vector<std::string> texts;
	for (uint32_t i = 0; i < given.Length(); i++)
		texts.push_back(Text(given.Get(i)));
	return texts;
}

template <typename Number>
Napi::Value Numbers(const Info &info, const std::vector<Number> &numbers)
{
	auto result = Napi::Array::New(info.Env(), numbers.size());
	for (size_t i = 0; i < numbers.size(); i++)
		result[i] = Napi::Number::New(info.Env(), static_cast<double>(numbers[i]));
	return result;
}

inline Napi::Value BufferOf(const Info &info, const std::vector<uint8_t> &bytes)
{
	return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

// A handle holds a Capture until it is closed or collected.
using Handle = std::unique_ptr<Capture>;

// The capture that a function is given first.
inline Capture &CaptureOf(const Info &info)
{
	Handle &handle = *info[0].As<Napi::External<Handle>>().Data();
	if (!handle)
		throw Napi::Error::New(info.Env(), "the capture is closed");
	return *handle;
}

// What JavaScript finds in the addon.
struct Exports {
	Napi::Env env;
	Napi::Object object;

	template <typename Function>
	void Add(const char *name, Function function)
	{
		object.Set(name, Napi::Function::New(env, function, name));
	}
};

void AddCapture(Exports &exports);
void AddMaps(Exports &exports);
void AddNetwork(Exports &exports);
void AddKernel(Exports &exports);

} // namespace weir
