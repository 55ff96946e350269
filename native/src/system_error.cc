// SPDX-License-Identifier: Apache-2.0
#include "system_error.h"

#include <cstring>

namespace weir
{

SystemError::SystemError(int error, std::string op, std::string detail)
    : std::runtime_error(op + ": " + std::strerror(error)), error_(error), op_(std::move(op)),
      detail_(std::move(detail))
{
}

Napi::Error SystemError::ToJavaScript(Napi::Env env) const
{
	Napi::Error error = Napi::Error::New(env, what());
	error.Set("errno", Napi::Number::New(env, error_));
	error.Set("code", Napi::String::New(env, strerrorname_np(error_) ? strerrorname_np(error_) : "UNKNOWN"));
	error.Set("op", Napi::String::New(env, op_));
	error.Set("detail", Napi::String::New(env, detail_));
	return error;
}

} // namespace weir
