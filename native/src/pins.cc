// SPDX-License-Identifier: Apache-2.0
#include "pins.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>
#include <filesystem>

#include "system_error.h"

namespace weir
{
namespace
{

constexpr const char *kKinds[] = { "links", "programs", "maps" };

} // namespace

Pins::Pins(std::string folder) : folder_(std::move(folder))
{
	if (!kept())
		return;
	std::error_code error;
	for (const char *kind : kKinds)
		std::filesystem::create_directories(folder_ + "/" + kind, error);
	if (error)
		throw SystemError(error.value(), "mkdir", folder_);
	struct statfs system;
	if (statfs(folder_.c_str(), &system))
		throw SystemError(errno, "statfs", folder_);
	if (system.f_type != BPF_FS_MAGIC) {
		std::filesystem::remove_all(folder_, error);
		throw SystemError(EMEDIUMTYPE, "pin", folder_ + " is in no BPF file system");
	}
}

std::string Pins::Path(const std::string &kind, const std::string &name) const
{
	return folder_ + "/" + kind + "/" + name;
}

Fd Pins::Open(const std::string &kind, const std::string &name) const
{
	return kept() ? Fd(bpf_obj_get(Path(kind, name).c_str())) : Fd();
}

void Pins::Put(const std::string &kind, const std::string &name, int fd) const
{
	if (!kept())
		return;
	Remove(kind, name);
	if (bpf_obj_pin(fd, Path(kind, name).c_str()))
		throw SystemError(errno, "bpf_obj_pin", Path(kind, name));
}

void Pins::Remove(const std::string &kind, const std::string &name) const
{
	if (kept())
		unlink(Path(kind, name).c_str());
}

std::vector<std::string> Pins::List(const std::string &kind) const
{
	std::vector<std::string> names;
	std::error_code error;
	if (kept())
		for (const auto &entry : std::filesystem::directory_iterator(folder_ + "/" + kind, error))
			names.push_back(entry.path().filename());
	return names;
}

void Pins::RemoveAll() const
{
	for (const char *kind : kKinds)
		for (const std::string &name : List(kind))
			Remove(kind, name);
}

} // namespace weir
