// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "system_error.h"

namespace weir
{
namespace
{

// linux/bpf.h of Debian 12 is older than tcx (kernel 6.6); the numbers are ABI.
constexpr int kTcxIngress = 46;
constexpr int kTcxEgress = 47;
constexpr uint32_t kBefore = 1U << 3;

constexpr size_t kLogTail = 2000;
constexpr uint32_t kBatchEntries = 4096;

// libbpf speaks through one function for the whole process; what it says last explains a failed load.
std::string log_tail;

int KeepLogTail(libbpf_print_level level, const char *format, va_list arguments)
{
	va_list measured;
	if (level == LIBBPF_DEBUG)
		return 0;
	va_copy(measured, arguments);
	const int length = std::vsnprintf(nullptr, 0, format, measured);
	va_end(measured);
	if (length < 0)
		return length;
	// A verifier log comes in one piece and may be megabytes long.
	std::string text(static_cast<size_t>(length) + 1, '\0');
	std::vsnprintf(text.data(), text.size(), format, arguments);
	text.pop_back();
	log_tail += text;
	if (log_tail.size() > kLogTail)
		log_tail.erase(0, log_tail.size() - kLogTail);
	return length;
}

void Resize(bpf_object *object, const char *name, uint32_t entries)
{
	bpf_map *map = bpf_object__find_map_by_name(object, name);
	if (!map)
		throw SystemError(ENOENT, "find map", name);
	const int error = bpf_map__set_max_entries(map, entries);
	if (error)
		throw SystemError(-error, "bpf_map__set_max_entries", name);
}

// The knobs of maps.h live in the object's read-only data, which is `node_cookie` alone.
void SetNodeCookie(bpf_object *object, uint64_t cookie)
{
	bpf_map *map;
	bpf_object__for_each_map(map, object)
	{
		size_t size = 0;
		if (!std::strstr(bpf_map__name(map), ".rodata"))
			continue;
		void *data = const_cast<void *>(bpf_map__initial_value(map, &size));
		if (!data || size < sizeof(cookie))
			break;
		std::memcpy(data, &cookie, sizeof(cookie));
		return;
	}
	throw SystemError(ENOENT, "find read-only data", "node_cookie");
}

} // namespace

Capture::Capture(const CaptureOptions &options)
{
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(KeepLogTail);
	log_tail.clear();
	object_.reset(bpf_object__open_file(options.object_path.c_str(), nullptr));
	if (!object_)
		throw SystemError(errno, "bpf_object__open_file", options.object_path);
	SetNodeCookie(object_.get(), options.node_cookie);
	Resize(object_.get(), "socket_edges", options.socket_edges);
	Resize(object_.get(), "packet_edges", options.packet_edges);
	Resize(object_.get(), "drop_edges", options.drop_edges);
	Resize(object_.get(), "interfaces", options.interfaces);
	const int error = bpf_object__load(object_.get());
	if (error)
		throw SystemError(-error, "bpf_object__load", log_tail);
}

Capture::~Capture()
{
	while (!interfaces_.empty())
		DetachInterface(interfaces_.begin()->first);
}

bpf_program *Capture::Program(const std::string &name) const
{
	bpf_program *program = bpf_object__find_program_by_name(object_.get(), name.c_str());
	if (!program)
		throw SystemError(ENOENT, "find program", name);
	return program;
}

bpf_map *Capture::Map(const std::string &name) const
{
	bpf_map *map = bpf_object__find_map_by_name(object_.get(), name.c_str());
	if (!map)
		throw SystemError(ENOENT, "find map", name);
	return map;
}

void Capture::AttachTracing(const std::string &name)
{
	log_tail.clear();
	bpf_link *link = bpf_program__attach(Program(name));
	if (!link)
		throw SystemError(errno, "bpf_program__attach " + name, log_tail);
	tracing_.emplace_back(link);
}

int Capture::AttachPacketProgram(const char *name, uint32_t ifindex, int attach_type)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = kBefore);
	const int link = bpf_link_create(bpf_program__fd(Program(name)), static_cast<int>(ifindex),
					 static_cast<bpf_attach_type>(attach_type), &options);
	if (link < 0)
		throw SystemError(-link, std::string("bpf_link_create ") + name);
	return link;
}

void Capture::AttachInterface(uint32_t ifindex, uint64_t pod_cookie)
{
	if (interfaces_.count(ifindex)) {
		SetInterfaceCookie(ifindex, pod_cookie);
		return;
	}
	// The map first: a drop right after the attachment is then attributed already.
	SetInterfaceCookie(ifindex, pod_cookie);
	InterfaceLinks links = { -1, -1 };
	try {
		links.from_pod = AttachPacketProgram("on_packet_from_pod", ifindex, kTcxIngress);
		links.to_pod = AttachPacketProgram("on_packet_to_pod", ifindex, kTcxEgress);
	} catch (const SystemError &) {
		if (links.from_pod >= 0)
			close(links.from_pod);
		bpf_map_delete_elem(bpf_map__fd(Map("interfaces")), &ifindex);
		throw;
	}
	interfaces_[ifindex] = links;
}

void Capture::SetInterfaceCookie(uint32_t ifindex, uint64_t pod_cookie)
{
	const int error = bpf_map_update_elem(bpf_map__fd(Map("interfaces")), &ifindex, &pod_cookie, BPF_ANY);
	if (error)
		throw SystemError(-error, "bpf_map_update_elem interfaces");
}

void Capture::DetachInterface(uint32_t ifindex)
{
	const auto found = interfaces_.find(ifindex);
	if (found == interfaces_.end())
		return;
	close(found->second.from_pod);
	close(found->second.to_pod);
	interfaces_.erase(found);
	bpf_map_delete_elem(bpf_map__fd(Map("interfaces")), &ifindex);
}

std::vector<uint8_t> Capture::Read(const std::string &name) const
{
	const bpf_map *map = Map(name);
	const size_t key_size = bpf_map__key_size(map);
	const size_t value_size = bpf_map__value_size(map);
	std::vector<uint8_t> entries;
	uint32_t capacity = kBatchEntries;
	std::vector<uint8_t> keys(capacity * key_size);
	std::vector<uint8_t> values(capacity * value_size);
	uint32_t position = 0;
	bool started = false;
	for (;;) {
		uint32_t count = capacity;
		const int error = bpf_map_lookup_batch(bpf_map__fd(map), started ? &position : nullptr, &position,
						       keys.data(), values.data(), &count, nullptr);
		if (error == -ENOSPC) {
			// One bucket holds more than the whole buffer.
			capacity *= 2;
			keys.resize(capacity * key_size);
			values.resize(capacity * value_size);
			continue;
		}
		if (error && error != -ENOENT)
			throw SystemError(-error, "bpf_map_lookup_batch " + name);
		for (uint32_t i = 0; i < count; i++) {
			entries.insert(entries.end(), keys.begin() + i * key_size, keys.begin() + (i + 1) * key_size);
			entries.insert(entries.end(), values.begin() + i * value_size,
				       values.begin() + (i + 1) * value_size);
		}
		if (error == -ENOENT)
			return entries;
		started = true;
	}
}

std::vector<uint8_t> Capture::Take(const std::string &name, const uint8_t *keys, size_t length)
{
	const bpf_map *map = Map(name);
	const size_t key_size = bpf_map__key_size(map);
	std::vector<uint8_t> value(bpf_map__value_size(map));
	std::vector<uint8_t> taken;
	if (length % key_size)
		throw SystemError(EINVAL, "take from " + name, "keys of another size");
	for (const uint8_t *key = keys; key < keys + length; key += key_size) {
		const int error = bpf_map_lookup_and_delete_elem(bpf_map__fd(map), key, value.data());
		if (error == -ENOENT)
			continue;
		if (error)
			throw SystemError(-error, "bpf_map_lookup_and_delete_elem " + name);
		taken.insert(taken.end(), key, key + key_size);
		taken.insert(taken.end(), value.begin(), value.end());
	}
	return taken;
}

std::vector<uint64_t> Capture::Statistics() const
{
	const bpf_map *map = Map("statistics");
	const int cpus = libbpf_num_possible_cpus();
	if (cpus < 0)
		throw SystemError(-cpus, "libbpf_num_possible_cpus");
	std::vector<uint64_t> per_cpu(cpus);
	std::vector<uint64_t> sums(bpf_map__max_entries(map));
	for (uint32_t key = 0; key < sums.size(); key++) {
		const int error = bpf_map_lookup_elem(bpf_map__fd(map), &key, per_cpu.data());
		if (error)
			throw SystemError(-error, "bpf_map_lookup_elem statistics");
		for (const uint64_t value : per_cpu)
			sums[key] += value;
	}
	return sums;
}

int Capture::TestRun(const std::string &name, const uint8_t *frame, size_t length, uint32_t repeat, uint32_t *ns) const
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = static_cast<uint32_t>(length),
		    .repeat = static_cast<int>(repeat));
	const int error = bpf_prog_test_run_opts(bpf_program__fd(Program(name)), &options);
	if (error)
		throw SystemError(-error, "bpf_prog_test_run " + name);
	*ns = options.duration;
	return static_cast<int>(options.retval);
}

} // namespace weir
