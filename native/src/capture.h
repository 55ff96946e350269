// SPDX-License-Identifier: Apache-2.0
// Loads the BPF object, attaches it, reads its maps.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir
{

struct CaptureOptions {
	std::string object_path;
	uint64_t node_cookie;
	uint32_t socket_edges;
	uint32_t packet_edges;
	uint32_t drop_edges;
	uint32_t interfaces;
};

// One loaded object. Everything it attached is detached when it goes.
class Capture
{
public:
	explicit Capture(const CaptureOptions &options);
	~Capture();
	Capture(const Capture &) = delete;
	Capture &operator=(const Capture &) = delete;

	// Attaches a tracing program by name, such as "on_tcp_state". Throws SystemError where the kernel lacks the hook.
	void AttachTracing(const std::string &program);
	// Attaches the packet programs to an interface of the current network namespace and tells which pod's namespace is
	// behind it (0 when not known).
	void AttachInterface(uint32_t ifindex, uint64_t pod_cookie);
	void SetInterfaceCookie(uint32_t ifindex, uint64_t pod_cookie);
	void DetachInterface(uint32_t ifindex);

	// All entries of a hash map: key and value bytes one after the other.
	std::vector<uint8_t> Read(const std::string &map) const;
	// Removes entries, given their keys one after the other. Returns key and value bytes of each as they were last.
	std::vector<uint8_t> Take(const std::string &map, const uint8_t *keys, size_t length);
	// Sums of the per-CPU statistics, in the order of enum statistic.
	std::vector<uint64_t> Statistics() const;
	// Runs a packet program on one frame without sending it; returns its verdict.
	int TestRun(const std::string &program, const uint8_t *frame, size_t length, uint32_t repeat,
		    uint32_t *ns) const;

private:
	struct ObjectCloser {
		void operator()(bpf_object *object) const
		{
			bpf_object__close(object);
		}
	};
	struct LinkDestroyer {
		void operator()(bpf_link *link) const
		{
			bpf_link__destroy(link);
		}
	};
	struct InterfaceLinks {
		int from_pod;
		int to_pod;
	};

	bpf_program *Program(const std::string &name) const;
	bpf_map *Map(const std::string &name) const;
	int AttachPacketProgram(const char *program, uint32_t ifindex, int attach_type);

	std::unique_ptr<bpf_object, ObjectCloser> object_;
	std::vector<std::unique_ptr<bpf_link, LinkDestroyer>> tracing_;
	std::map<uint32_t, InterfaceLinks> interfaces_;
};

} // namespace weir
