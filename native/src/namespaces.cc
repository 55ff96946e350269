// SPDX-License-Identifier: Apache-2.0
#include "namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <unordered_map>

#include "capture.h"
#include "fd.h"
#include "netlink.h"
#include "system_error.h"

namespace weir
{
namespace
{

// asm-generic/socket.h since kernel 5.14.
constexpr int kSoNetnsCookie = 71;

// 0 or an errno.
int ReadCookie(uint64_t *cookie)
{
	const Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	socklen_t length = sizeof(*cookie);
	if (!socket_fd)
		return errno;
	return getsockopt(socket_fd.get(), SOL_SOCKET, kSoNetnsCookie, cookie, &length) ? errno : 0;
}

// Only a socket made inside a namespace tells its cookie. A thread of its own enters it and ends there, so that no other
// thread of this process is ever in the wrong place. Needs CAP_SYS_ADMIN.
uint64_t CookieByVisit(int file, const std::string &path)
{
	uint64_t cookie = 0;
	int error = 0;
	std::thread([&] { error = setns(file, CLONE_NEWNET) ? errno : ReadCookie(&cookie); }).join();
	if (error)
		throw SystemError(error, "setns", path);
	return cookie;
}

// Asks the kernel side, which reads them from the open files. Keys are file descriptors.
std::unordered_map<int, uint64_t> CookiesByIterator(Capture &capture)
{
	const std::vector<uint8_t> found = capture.Iterate("find_namespaces");
	const auto own = static_cast<uint32_t>(getpid());
	std::unordered_map<int, uint64_t> cookies;
	for (size_t at = 0; at + sizeof(namespace_file) <= found.size(); at += sizeof(namespace_file)) {
		const auto *each = reinterpret_cast<const namespace_file *>(&found[at]);
		if (each->tgid == own)
			cookies[static_cast<int>(each->fd)] = each->cookie;
	}
	return cookies;
}

Fd OpenNamespace(const std::string &path)
{
	// What is no namespace may be anything: opening a pipe must not wait for its other end.
	Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	if (!file)
		throw SystemError(errno, "open", path);
	if (ioctl(file.get(), NS_GET_NSTYPE) != CLONE_NEWNET)
		throw SystemError(EINVAL, "NS_GET_NSTYPE", path + " holds no network namespace");
	return file;
}

} // namespace

uint64_t OwnCookie()
{
	uint64_t cookie = 0;
	const int error = ReadCookie(&cookie);
	if (error)
		throw SystemError(error, "getsockopt SO_NETNS_COOKIE");
	return cookie;
}

std::vector<NamespaceLook> LookAtNamespaces(const std::vector<std::string> &paths, Capture *capture)
{
	std::vector<NamespaceLook> looks(paths.size());
	std::vector<Fd> files(paths.size());
	const auto attempt = [&](size_t i, const auto &step) {
		if (!looks[i].problem.empty())
			return;
		try {
			step();
		} catch (const SystemError &error) {
			looks[i].problem = error.what();
		}
	};
	for (size_t i = 0; i < paths.size(); i++)
		attempt(i, [&] { files[i] = OpenNamespace(paths[i]); });
	std::unordered_map<int, uint64_t> cookies;
	if (capture && !paths.empty())
		cookies = CookiesByIterator(*capture);
	for (size_t i = 0; i < paths.size(); i++) {
		attempt(i, [&] {
			const int file = files[i].get();
			looks[i].ids.nsid = NamespaceId(file);
			if (!capture) {
				looks[i].ids.cookie = CookieByVisit(file, paths[i]);
				return;
			}
			const auto cookie = cookies.find(file);
			if (cookie == cookies.end())
				throw SystemError(ENOENT, "find_namespaces", paths[i]);
			looks[i].ids.cookie = cookie->second;
		});
	}
	return looks;
}

} // namespace weir
