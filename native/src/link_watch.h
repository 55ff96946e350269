// SPDX-License-Identifier: Apache-2.0
// Says when a link of the current network namespace appears, changes or goes.
#pragma once

#include <libmnl/libmnl.h>
#include <napi.h>

#include <memory>
#include <thread>

namespace weir
{

// Calls back on the event loop. What changed is not told: the caller dumps the links again, so nothing can be missed
// when the socket's buffer overflows, and news that arrive together are told once.
class LinkWatch
{
public:
	LinkWatch(Napi::Env env, Napi::Function callback);
	// Stops calling and waits for the thread.
	~LinkWatch();
	LinkWatch(const LinkWatch &) = delete;
	LinkWatch &operator=(const LinkWatch &) = delete;

private:
	struct SocketCloser {
		void operator()(mnl_socket *socket) const
		{
			mnl_socket_close(socket);
		}
	};

	void Listen();

	std::unique_ptr<mnl_socket, SocketCloser> socket_;
	int stop_;
	Napi::ThreadSafeFunction callback_;
	std::thread thread_;
};

} // namespace weir
