// SPDX-License-Identifier: Apache-2.0
// Says when a link of the current network namespace appears, changes or goes.
#pragma once

#include <libmnl/libmnl.h>
#include <napi.h>

#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace weir
{

// Calls back on the event loop. What is there is not told: the caller dumps the links again, so nothing can be missed
// when the socket's buffer overflows, and news that arrive together are told once. What went is kept, because a dump
// cannot tell that an index is another link's now.
class LinkWatch
{
public:
	LinkWatch(Napi::Env env, Napi::Function callback);
	// Stops calling and waits for the thread.
	~LinkWatch();
	LinkWatch(const LinkWatch &) = delete;
	LinkWatch &operator=(const LinkWatch &) = delete;

	// Indexes of links that went since the last call, each once; 0 among them when some may be missing.
	std::vector<uint32_t> TakeGone();

private:
	struct SocketCloser {
		void operator()(mnl_socket *socket) const
		{
			mnl_socket_close(socket);
		}
	};

	void Listen();
	void Note(const char *messages, size_t length);

	std::unique_ptr<mnl_socket, SocketCloser> socket_;
	int stop_;
	Napi::ThreadSafeFunction callback_;
	std::mutex mutex_;
	std::set<uint32_t> gone_;
	std::thread thread_;
};

} // namespace weir
