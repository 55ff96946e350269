// SPDX-License-Identifier: Apache-2.0
// What the node's connection tracking translates now, through ctnetlink.
#pragma once

#include <utility>
#include <vector>

#include "capture.h"

namespace weir
{

// Both ends of every TCP connection that is translated now, each as its own socket sees it, with who is behind the far
// end. Throws SystemError where the kernel does not tell.
std::vector<std::pair<connection, translation>> TranslatedConnections();

} // namespace weir
