// SPDX-License-Identifier: Apache-2.0
#include "privileges.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "system_error.h"

namespace weir
{
namespace
{

struct Capabilities {
	__user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	__user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
};

Capabilities Get()
{
	Capabilities capabilities;
	if (syscall(SYS_capget, &capabilities.header, capabilities.data))
		throw SystemError(errno, "capget");
	return capabilities;
}

void Prctl(const char *op, int option, unsigned long argument, unsigned long second = 0)
{
	if (prctl(option, argument, second, 0, 0))
		throw SystemError(errno, op);
}

} // namespace

uint64_t Permitted()
{
	const Capabilities capabilities = Get();
	return capabilities.data[0].permitted | static_cast<uint64_t>(capabilities.data[1].permitted) << 32;
}

void ExecRestricted(uint64_t keep, const std::vector<std::string> &command)
{
	// The bounding set decides what root has after the exec; the others could add to it.
	for (unsigned long each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; each++)
		if (!(keep >> each & 1))
			Prctl("PR_CAPBSET_DROP", PR_CAPBSET_DROP, each);
	Capabilities capabilities = Get();
	for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++)
		capabilities.data[word].inheritable &= static_cast<uint32_t>(keep >> (32 * word));
	if (syscall(SYS_capset, &capabilities.header, capabilities.data))
		throw SystemError(errno, "capset");
	Prctl("PR_CAP_AMBIENT_CLEAR_ALL", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
	Prctl("PR_SET_NO_NEW_PRIVS", PR_SET_NO_NEW_PRIVS, 1);
	// Node.js keeps its standard streams from being inherited.
	for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
		fcntl(stream, F_SETFD, 0);
	std::vector<char *> arguments;
	for (const std::string &each : command)
		arguments.push_back(const_cast<char *>(each.c_str()));
	arguments.push_back(nullptr);
	execv(arguments[0], arguments.data());
	throw SystemError(errno, "execv", command[0]);
}

} // namespace weir
