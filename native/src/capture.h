// SPDX-License-Identifier: Apache-2.0
// The maps and programs of bpf/ in the kernel: loaded from the object, or taken over from where an earlier process
// pinned them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../bpf/weir.h"
#include "fd.h"
#include "pins.h"

struct ring_buffer;

namespace weir
{

struct CaptureOptions {
	std::string object_path;
	// Names of the programs that this kernel is asked for.
	std::vector<std::string> programs;
	knobs knobs_;
	identity identity_;
	uint32_t socket_edges;
	uint32_t packet_edges;
	uint32_t drop_edges;
	uint32_t interfaces;
	// Bytes, a power of two and at least a page.
	uint32_t overflow_ring;
	uint32_t dns_ring;
	// Folder in a BPF file system; empty to pin nothing.
	std::string pins;
};

struct Tracing {
	std::string program;
	// Names what it watches, and its pin.
	std::string slot;
};

// How a capture came to be.
enum class Origin {
	kFresh,
	// The maps of an earlier process with the same layout go on; its programs are replaced one by one.
	kMapsKept,
	// Everything of an earlier process goes on.
	kTakenOver,
};

class Capture
{
public:
	explicit Capture(const CaptureOptions &options);
	~Capture();
	Capture(const Capture &) = delete;
	Capture &operator=(const Capture &) = delete;

	Origin origin() const
	{
		return origin_;
	}
	// Of the maps: the one that was chosen when they were made.
	uint64_t id() const
	{
		return identity_.capture;
	}

	// Attaches tracing programs, and then has them count in place of those of an earlier process, which go. Keeps
	// those that are these already. Throws SystemError where the kernel lacks a hook.
	void AttachTracing(const std::vector<Tracing> &programs);
	// Sockets that were open before the capture have been searched for.
	void EndSearch();

	// Attaches the packet programs first in the chain, by tcx or by clsact, and notes what is behind the interface; on
	// one that is attached already only the note changes. Returns whether packets went by unseen, because an earlier
	// process had attached them the other way.
	bool AttachInterface(uint32_t ifindex, const interface &behind, bool tcx);
	void DetachInterface(uint32_t ifindex);
	// Interfaces that are attached, those of an earlier process included.
	std::vector<uint32_t> AttachedInterfaces() const;

	// All entries of a hash map: key and value bytes one after the other.
	std::vector<uint8_t> Read(const std::string &map) const;
	// Removes entries, given their keys one after the other. Returns key and value bytes of each as they were last.
	std::vector<uint8_t> Take(const std::string &map, const uint8_t *keys, size_t length);
	// Notes translations of connections that are open, without a time; returns how many there was room for.
	size_t NoteTranslations(const std::vector<std::pair<connection, translation>> &translations);
	// Removes translations that were seen before `ns` (CLOCK_MONOTONIC); returns how many.
	uint32_t SweepTranslations(uint64_t before_ns);
	// Sums of the per-CPU statistics, in the order of enum statistic.
	std::vector<uint64_t> Statistics() const;
	// What a ring buffer holds, record after record; a DNS answer without the unused end of its payload.
	std::vector<uint8_t> Drain(const std::string &ring);
	// Runs an iterator to its end and returns what it wrote.
	std::vector<uint8_t> Iterate(const std::string &program);
	// Runs a packet program on one frame without sending it; returns its verdict.
	int TestRun(const std::string &program, const uint8_t *frame, size_t length, uint32_t repeat,
		    uint32_t *ns) const;
	// Takes away everything that is pinned, and with it what is attached. The capture ends with its process.
	void RemovePins();

private:
	struct RingFreer {
		void operator()(ring_buffer *ring) const;
	};
	struct Ring {
		std::unique_ptr<ring_buffer, RingFreer> reader;
		std::vector<uint8_t> records;
	};
	struct InterfaceLinks {
		// Without value where clsact is used, whose filters are no links.
		Fd from_pod;
		Fd to_pod;
	};

	bool TakeOver(const CaptureOptions &options);
	void Load(const CaptureOptions &options);
	void AdoptInterfaces();
	void WriteIdentity();
	int Program(const std::string &name) const;
	int Map(const std::string &name) const;
	Fd AttachTcx(const std::string &program, uint32_t ifindex, int attach_type, const std::string &pin);
	static int OnRecord(void *ring, void *record, size_t size);

	Pins pins_;
	Origin origin_ = Origin::kFresh;
	identity identity_ = {};
	std::map<std::string, Fd> maps_;
	std::map<std::string, Fd> programs_;
	std::vector<Fd> tracing_;
	std::map<std::string, Fd> iterators_;
	std::map<std::string, Ring> rings_;
	std::map<uint32_t, InterfaceLinks> interfaces_;
};

} // namespace weir
