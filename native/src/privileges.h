// SPDX-License-Identifier: Apache-2.0
// What this process may do, and how it gives up the rest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir
{

// Capabilities that this thread may have, a bit each (linux/capability.h).
uint64_t Permitted();

// Runs a command in place of this process, with no more than the given capabilities, for good. All of its threads are
// bound by that, which no call could do to threads that run already. Returns only by throwing SystemError.
[[noreturn]] void ExecRestricted(uint64_t capabilities, const std::vector<std::string> &command);

} // namespace weir
