// SPDX-License-Identifier: Apache-2.0
#include "namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "netlink.h"
#include "system_error.h"

namespace weir
{
namespace
{

// asm-generic/socket.h since kernel 5.14.
constexpr int kSoNetnsCookie = 71;

// A file descriptor that closes itself.
class Fd
{
public:
	explicit Fd(int fd) : fd_(fd) {}
	~Fd()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	Fd(const Fd &) = delete;
	Fd &operator=(const Fd &) = delete;
	int get() const
	{
		return fd_;
	}

private:
	int fd_;
};

// 0 or an errno.
int ReadCookie(uint64_t *cookie)
{
	const Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	socklen_t length = sizeof(*cookie);
	if (socket_fd.get() < 0)
		return errno;
	return getsockopt(socket_fd.get(), SOL_SOCKET, kSoNetnsCookie, cookie, &length) ? errno : 0;
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

NamespaceIds IdsOfNamespace(const std::string &path)
{
	const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (file.get() < 0)
		throw SystemError(errno, "open", path);
	uint64_t cookie = 0;
	int error = 0;
	// Only a socket made inside a namespace tells its cookie. A thread of its own enters it and ends there, so that no
	// other thread of this process is ever in the wrong place.
	std::thread([&] { error = setns(file.get(), CLONE_NEWNET) ? errno : ReadCookie(&cookie); }).join();
	if (error)
		throw SystemError(error, "setns", path);
	return { cookie, NamespaceId(file.get()) };
}

} // namespace weir
