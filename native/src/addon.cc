// SPDX-License-Identifier: Apache-2.0
// The addon. native/native.ts declares its functions and is their only caller.
#include "addon.h"

namespace weir
{
namespace
{

Napi::Object Init(Napi::Env env, Napi::Object object)
{
	Exports exports = { env, object };
	AddCapture(exports);
	AddMaps(exports);
	AddNetwork(exports);
	AddKernel(exports);
	return object;
}

} // namespace

NODE_API_MODULE(weir_native, Init)

} // namespace weir
