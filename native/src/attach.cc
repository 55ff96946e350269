// SPDX-License-Identifier: Apache-2.0
// How programs come to run: tracing links, and packet programs on interfaces.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>

#include "capture.h"
#include "system_error.h"

namespace weir
{
namespace
{

// linux/bpf.h of Debian 12 is older than tcx (kernel 6.6); the numbers are ABI.
constexpr int kTcxIngress = 46;
constexpr int kTcxEgress = 47;
constexpr uint32_t kBefore = 1U << 3;

// Our filters among those of others at an interface's clsact: before theirs, and under a handle that nobody else takes
// ("Weir"), so that none of theirs is ever replaced.
constexpr uint32_t kFilterHandle = 0x57656972;
constexpr uint32_t kFilterPriority = 1;

constexpr const char *kTcxProgram = "on_packet";
constexpr const char *kRawProgram = "on_tcp_state_raw";
constexpr const char *kRawTracepoint = "inet_sock_set_state";

constexpr const char *kFromPod = "from-";
constexpr const char *kToPod = "to-";

// Interface of a tcx link; 0 when the interface is gone.
uint32_t InterfaceOf(int link)
{
	// struct bpf_link_info with its union's tcx member, as far as it is read.
	struct {
		uint32_t type, id, prog_id, padding;
		uint32_t ifindex, attach_type;
		uint8_t rest[64];
	} info = {};
	uint32_t size = sizeof(info);
	return bpf_obj_get_info_by_fd(link, &info, &size) ? 0 : info.ifindex;
}

uint32_t IndexIn(const std::string &slot, const std::string &prefix)
{
	if (slot.compare(0, prefix.size(), prefix))
		return 0;
	return static_cast<uint32_t>(std::strtoul(slot.c_str() + prefix.size(), nullptr, 10));
}

void AttachClsact(int program, uint32_t ifindex, bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex), .attach_point = point);
	const int made = bpf_tc_hook_create(&hook);
	if (made && made != -EEXIST)
		throw SystemError(-made, "bpf_tc_hook_create");
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .flags = BPF_TC_F_REPLACE, .handle = kFilterHandle,
		    .priority = kFilterPriority);
	const int error = bpf_tc_attach(&hook, &options);
	if (error)
		throw SystemError(-error, "bpf_tc_attach");
}

// Returns whether there was anything.
bool DetachClsact(uint32_t ifindex, bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex), .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = kFilterHandle, .priority = kFilterPriority);
	// It fails when the interface is gone, and the filter with it.
	return !bpf_tc_detach(&hook, &options);
}

} // namespace

void Capture::AttachTracing(const std::vector<Tracing> &programs)
{
	std::vector<Fd> links;
	for (const auto &[name, slot] : programs) {
		Fd link = origin_ == Origin::kTakenOver ? pins_.Open("links", slot) : Fd();
		const char *tracepoint = name == kRawProgram ? kRawTracepoint : nullptr;
		if (!link)
			link = Fd(bpf_raw_tracepoint_open(tracepoint, Program(name)));
		if (!link)
			throw SystemError(errno, "BPF_RAW_TRACEPOINT_OPEN " + name);
		links.push_back(std::move(link));
	}
	// Both generations are attached: with this the new one counts, and the old one goes with its pins.
	WriteIdentity();
	for (size_t i = 0; i < programs.size(); i++)
		pins_.Put("links", programs[i].slot, links[i].get());
	tracing_ = std::move(links);
}

Fd Capture::AttachTcx(const std::string &name, uint32_t ifindex, int attach_type, const std::string &pin)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = kBefore);
	Fd link(bpf_link_create(Program(name), static_cast<int>(ifindex), static_cast<bpf_attach_type>(attach_type),
				&options));
	if (!link)
		throw SystemError(errno, "bpf_link_create " + name);
	pins_.Put("links", pin, link.get());
	return link;
}

bool Capture::AttachInterface(uint32_t ifindex, const interface &behind, bool tcx)
{
	// The map first: a drop right after the attachment is then attributed already.
	const int error = bpf_map_update_elem(Map("interfaces"), &ifindex, &behind, BPF_ANY);
	if (error)
		throw SystemError(-error, "bpf_map_update_elem interfaces");
	const auto attached = interfaces_.find(ifindex);
	if (attached != interfaces_.end()) {
		if (tcx == static_cast<bool>(attached->second.from_pod))
			return false;
		// An earlier process used the other way.
		DetachInterface(ifindex);
		AttachInterface(ifindex, behind, tcx);
		return true;
	}
	bool interrupted = false;
	const std::string index = std::to_string(ifindex);
	try {
		InterfaceLinks links;
		if (tcx) {
			interrupted |= DetachClsact(ifindex, BPF_TC_INGRESS);
			interrupted |= DetachClsact(ifindex, BPF_TC_EGRESS);
			links.from_pod = AttachTcx(kTcxProgram, ifindex, kTcxIngress, kFromPod + index);
			links.to_pod = AttachTcx(kTcxProgram, ifindex, kTcxEgress, kToPod + index);
		} else {
			AttachClsact(Program("on_packet_from_pod"), ifindex, BPF_TC_INGRESS);
			AttachClsact(Program("on_packet_to_pod"), ifindex, BPF_TC_EGRESS);
		}
		interfaces_[ifindex] = std::move(links);
		return interrupted;
	} catch (const SystemError &) {
		interfaces_[ifindex] = {};
		DetachInterface(ifindex);
		throw;
	}
}

void Capture::DetachInterface(uint32_t ifindex)
{
	const auto found = interfaces_.find(ifindex);
	if (found == interfaces_.end())
		return;
	if (!found->second.from_pod) {
		DetachClsact(ifindex, BPF_TC_INGRESS);
		DetachClsact(ifindex, BPF_TC_EGRESS);
	}
	pins_.Remove("links", kFromPod + std::to_string(ifindex));
	pins_.Remove("links", kToPod + std::to_string(ifindex));
	interfaces_.erase(found);
	bpf_map_delete_elem(Map("interfaces"), &ifindex);
}

// An interface that has gone leaves its links and its entry behind when nobody watched; one that is there goes on, with
// our programs in place of older ones. Where filters of clsact will replace a link, it is left as it is until then.
void Capture::AdoptInterfaces()
{
	for (const std::string &slot : pins_.List("links")) {
		const bool from_pod = IndexIn(slot, kFromPod) != 0;
		const uint32_t ifindex = from_pod ? IndexIn(slot, kFromPod) : IndexIn(slot, kToPod);
		if (!ifindex)
			continue;
		Fd link = pins_.Open("links", slot);
		const bool alive = link && InterfaceOf(link.get()) == ifindex;
		const bool outdated = origin_ != Origin::kTakenOver && programs_.count(kTcxProgram);
		if (!alive || (outdated && bpf_link_update(link.get(), Program(kTcxProgram), nullptr))) {
			pins_.Remove("links", slot);
			continue;
		}
		InterfaceLinks &links = interfaces_[ifindex];
		(from_pod ? links.from_pod : links.to_pod) = std::move(link);
	}
	// One of a pair alone comes from a start that was cut off: both are attached again.
	for (auto each = interfaces_.begin(); each != interfaces_.end();) {
		const auto &[ifindex, links] = *each;
		const bool whole = links.from_pod && links.to_pod;
		if (!whole) {
			pins_.Remove("links", kFromPod + std::to_string(ifindex));
			pins_.Remove("links", kToPod + std::to_string(ifindex));
		}
		each = whole ? std::next(each) : interfaces_.erase(each);
	}
	const std::vector<uint8_t> noted = Read("interfaces");
	for (size_t at = 0; at < noted.size(); at += sizeof(uint32_t) + sizeof(interface))
		if (!interfaces_.count(*reinterpret_cast<const uint32_t *>(&noted[at])))
			bpf_map_delete_elem(Map("interfaces"), &noted[at]);
}

std::vector<uint32_t> Capture::AttachedInterfaces() const
{
	std::vector<uint32_t> attached;
	for (const auto &[ifindex, links] : interfaces_)
		attached.push_back(ifindex);
	return attached;
}

} // namespace weir
