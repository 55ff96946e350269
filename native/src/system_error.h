// SPDX-License-Identifier: Apache-2.0
// Errors of the kernel on their way to JavaScript: {code, errno, op, detail}.
#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

namespace weir
{

// A failed system call or libbpf call. Thrown inside the addon, turned into a JavaScript error once, at the boundary.
class SystemError : public std::runtime_error
{
public:
	// error: a positive errno. op: what was tried, such as "bpf_link_create". detail: more for people, may be empty.
	SystemError(int error, std::string op, std::string detail = "");

	int error() const
	{
		return error_;
	}
	Napi::Error ToJavaScript(Napi::Env env) const;

private:
	int error_;
	std::string op_;
	std::string detail_;
};

// Runs a function body and turns a SystemError into a JavaScript exception.
template <typename Body>
auto Boundary(Napi::Env env, Body body) -> decltype(body())
{
	try {
		return body();
	} catch (const SystemError &error) {
		throw error.ToJavaScript(env);
	}
}

} // namespace weir
