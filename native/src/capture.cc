// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "object.h"
#include "system_error.h"

namespace weir
{
namespace
{

constexpr uint32_t kBatchEntries = 4096;
constexpr size_t kIteratorBuffer = 1 << 16;

bpf_map_info InfoOf(int map)
{
	bpf_map_info info = {};
	uint32_t size = sizeof(info);
	if (bpf_obj_get_info_by_fd(map, &info, &size))
		throw SystemError(errno, "BPF_OBJ_GET_INFO_BY_FD");
	return info;
}

} // namespace

Capture::Capture(const CaptureOptions &options) : pins_(options.pins), identity_(options.identity_)
{
	KeepLibbpfQuiet();
	if (!TakeOver(options))
		Load(options);
	for (const char *name : { "overflow", "dns_answers" }) {
		Ring &ring = rings_[name];
		ring.reader.reset(ring_buffer__new(Map(name), OnRecord, &ring.records, nullptr));
		if (!ring.reader)
			throw SystemError(errno, "ring_buffer__new", name);
	}
	AdoptInterfaces();
}

Capture::~Capture()
{
	// Links go with their descriptors; the filters of clsact have none.
	if (!pins_.kept())
		while (!interfaces_.empty())
			DetachInterface(interfaces_.begin()->first);
}

bool Capture::TakeOver(const CaptureOptions &options)
{
	const Fd known = pins_.Open("maps", "identity");
	const uint32_t first = 0;
	identity earlier = {};
	if (!known || bpf_map_lookup_elem(known.get(), &first, &earlier))
		return false;
	if (earlier.layout != options.identity_.layout) {
		pins_.RemoveAll();
		return false;
	}
	identity_.capture = earlier.capture;
	// A process that ended in the middle of its search is as one that never was: its state tells nothing.
	identity_.searching = earlier.searching;
	origin_ = Origin::kMapsKept;
	if (earlier.program != options.identity_.program)
		return false;
	for (const std::string &name : pins_.List("maps"))
		maps_[name] = pins_.Open("maps", name);
	for (const std::string &name : options.programs)
		if (!(programs_[name] = pins_.Open("programs", name)))
			return false;
	origin_ = Origin::kTakenOver;
	return true;
}

void Capture::Load(const CaptureOptions &options)
{
	Object object(options.object_path);
	object.SetKnobs(options.knobs_);
	object.Choose(options.programs);
	object.Resize("socket_edges", options.socket_edges);
	object.Resize("packet_edges", options.packet_edges);
	object.Resize("translated_edges", options.packet_edges);
	object.Resize("drop_edges", options.drop_edges);
	object.Resize("interfaces", options.interfaces);
	object.Resize("overflow", options.overflow_ring);
	object.Resize("dns_answers", options.dns_ring);
	if (origin_ == Origin::kMapsKept)
		for (const std::string &name : pins_.List("maps"))
			object.Reuse(name, pins_.Open("maps", name));
	object.Load();
	maps_ = object.Maps();
	programs_ = object.Programs(options.programs);
	for (const auto &[name, map] : maps_)
		pins_.Put("maps", name, map.get());
	for (const auto &[name, program] : programs_)
		pins_.Put("programs", name, program.get());
	// Sockets that are open already are searched for once, when nothing of them is known.
	identity_.searching = origin_ == Origin::kFresh;
}

void Capture::WriteIdentity()
{
	const uint32_t first = 0;
	if (bpf_map_update_elem(Map("identity"), &first, &identity_, BPF_ANY))
		throw SystemError(errno, "bpf_map_update_elem identity");
}

void Capture::EndSearch()
{
	identity_.searching = 0;
	WriteIdentity();
}

int Capture::Program(const std::string &name) const
{
	const auto found = programs_.find(name);
	if (found == programs_.end())
		throw SystemError(ENOENT, "find program", name);
	return found->second.get();
}

int Capture::Map(const std::string &name) const
{
	const auto found = maps_.find(name);
	if (found == maps_.end())
		throw SystemError(ENOENT, "find map", name);
	return found->second.get();
}

std::vector<uint8_t> Capture::Read(const std::string &name) const
{
	const int map = Map(name);
	const bpf_map_info info = InfoOf(map);
	std::vector<uint8_t> entries;
	uint32_t capacity = kBatchEntries;
	std::vector<uint8_t> keys(capacity * info.key_size);
	std::vector<uint8_t> values(capacity * info.value_size);
	uint32_t position = 0;
	bool started = false;
	for (;;) {
		uint32_t count = capacity;
		const int error = bpf_map_lookup_batch(map, started ? &position : nullptr, &position, keys.data(),
						       values.data(), &count, nullptr);
		if (error == -ENOSPC) {
			// One bucket holds more than the whole buffer.
			capacity *= 2;
			keys.resize(capacity * info.key_size);
			values.resize(capacity * info.value_size);
			continue;
		}
		if (error && error != -ENOENT)
			throw SystemError(-error, "bpf_map_lookup_batch " + name);
		for (uint32_t i = 0; i < count; i++) {
			const auto key = keys.begin() + i * info.key_size;
			const auto value = values.begin() + i * info.value_size;
			entries.insert(entries.end(), key, key + info.key_size);
			entries.insert(entries.end(), value, value + info.value_size);
		}
		if (error == -ENOENT)
			return entries;
		started = true;
	}
}

std::vector<uint8_t> Capture::Take(const std::string &name, const uint8_t *keys, size_t length)
{
	const int map = Map(name);
	const bpf_map_info info = InfoOf(map);
	std::vector<uint8_t> value(info.value_size);
	std::vector<uint8_t> taken;
	if (length % info.key_size)
		throw SystemError(EINVAL, "take from " + name, "keys of another size");
	for (const uint8_t *key = keys; key < keys + length; key += info.key_size) {
		const int error = bpf_map_lookup_and_delete_elem(map, key, value.data());
		if (error == -ENOENT)
			continue;
		if (error)
			throw SystemError(-error, "bpf_map_lookup_and_delete_elem " + name);
		taken.insert(taken.end(), key, key + info.key_size);
		taken.insert(taken.end(), value.begin(), value.end());
	}
	return taken;
}

size_t Capture::NoteTranslations(const std::vector<std::pair<connection, translation>> &translations)
{
	const int map = Map("translations");
	size_t noted = 0;
	for (const auto &[seen, real] : translations) {
		const int error = bpf_map_update_elem(map, &seen, &real, BPF_NOEXIST);
		if (error == -E2BIG)
			break;
		if (error && error != -EEXIST)
			throw SystemError(-error, "bpf_map_update_elem translations");
		noted++;
	}
	return noted;
}

uint32_t Capture::SweepTranslations(uint64_t before_ns)
{
	const std::vector<uint8_t> entries = Read("translations");
	uint32_t swept = 0;
	for (size_t at = 0; at < entries.size(); at += sizeof(connection) + sizeof(translation)) {
		const auto *value = reinterpret_cast<const translation *>(&entries[at + sizeof(connection)]);
		if (value->ns < before_ns && !bpf_map_delete_elem(Map("translations"), &entries[at]))
			swept++;
	}
	return swept;
}

std::vector<uint64_t> Capture::Statistics() const
{
	const int map = Map("statistics");
	const int cpus = libbpf_num_possible_cpus();
	if (cpus < 0)
		throw SystemError(-cpus, "libbpf_num_possible_cpus");
	std::vector<uint64_t> per_cpu(cpus);
	std::vector<uint64_t> sums(STAT_COUNT);
	for (uint32_t key = 0; key < sums.size(); key++) {
		const int error = bpf_map_lookup_elem(map, &key, per_cpu.data());
		if (error)
			throw SystemError(-error, "bpf_map_lookup_elem statistics");
		for (const uint64_t value : per_cpu)
			sums[key] += value;
	}
	return sums;
}

void Capture::RingFreer::operator()(ring_buffer *ring) const
{
	ring_buffer__free(ring);
}

int Capture::OnRecord(void *records, void *record, size_t size)
{
	auto *into = static_cast<std::vector<uint8_t> *>(records);
	size_t used = size;
	if (size == sizeof(dns_answer)) {
		const uint16_t length = static_cast<const dns_answer *>(record)->length;
		used = offsetof(dns_answer, payload) + std::min<size_t>(length, DNS_PAYLOAD_SIZE);
	}
	const auto *bytes = static_cast<const uint8_t *>(record);
	into->insert(into->end(), bytes, bytes + used);
	return 0;
}

std::vector<uint8_t> Capture::Drain(const std::string &name)
{
	const auto found = rings_.find(name);
	if (found == rings_.end())
		throw SystemError(ENOENT, "find ring", name);
	const int error = ring_buffer__consume(found->second.reader.get());
	if (error < 0)
		throw SystemError(-error, "ring_buffer__consume " + name);
	return std::exchange(found->second.records, {});
}

std::vector<uint8_t> Capture::Iterate(const std::string &name)
{
	Fd &link = iterators_[name];
	if (!link) {
		bpf_iter_link_info info = {};
		LIBBPF_OPTS(bpf_link_create_opts, options);
		if (name == "sample_sockets")
			info.map.map_fd = Map("socket_states");
		else if (name == "find_namespaces")
			info.task.pid = getpid();
		if (name == "sample_sockets" || name == "find_namespaces") {
			options.iter_info = &info;
			options.iter_info_len = sizeof(info);
		}
		link = Fd(bpf_link_create(Program(name), 0, BPF_TRACE_ITER, &options));
		if (!link)
			throw SystemError(errno, "bpf_link_create " + name);
	}
	const Fd run(bpf_iter_create(link.get()));
	if (!run)
		throw SystemError(errno, "bpf_iter_create " + name);
	std::vector<uint8_t> written;
	std::vector<uint8_t> buffer(kIteratorBuffer);
	for (;;) {
		const ssize_t length = read(run.get(), buffer.data(), buffer.size());
		if (length < 0 && errno == EAGAIN)
			continue;
		if (length < 0)
			throw SystemError(errno, "read " + name);
		if (length == 0)
			return written;
		written.insert(written.end(), buffer.begin(), buffer.begin() + length);
	}
}

int Capture::TestRun(const std::string &name, const uint8_t *frame, size_t length, uint32_t repeat, uint32_t *ns) const
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = static_cast<uint32_t>(length),
		    .repeat = static_cast<int>(repeat));
	const int error = bpf_prog_test_run_opts(Program(name), &options);
	if (error)
		throw SystemError(-error, "bpf_prog_test_run " + name);
	*ns = options.duration;
	return static_cast<int>(options.retval);
}

void Capture::RemovePins()
{
	for (const uint32_t ifindex : AttachedInterfaces())
		DetachInterface(ifindex);
	pins_.RemoveAll();
}

} // namespace weir
