// SPDX-License-Identifier: Apache-2.0
#include "object.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "system_error.h"

namespace weir
{
namespace
{

constexpr size_t kLogTail = 2000;

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

Fd Duplicate(int fd)
{
	Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!copy)
		throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
	return copy;
}

// The object's own data, such as the knobs: it belongs to the programs and goes with them.
bool IsData(const bpf_map *map)
{
	return std::strchr(bpf_map__name(map), '.') != nullptr;
}

} // namespace

void KeepLibbpfQuiet()
{
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(KeepLogTail);
}

Object::Object(const std::string &path)
{
	log_tail.clear();
	object_.reset(bpf_object__open_file(path.c_str(), nullptr));
	if (!object_)
		throw SystemError(errno, "bpf_object__open_file", path);
}

bpf_map *Object::Map(const std::string &name) const
{
	bpf_map *map = bpf_object__find_map_by_name(object_.get(), name.c_str());
	if (!map)
		throw SystemError(ENOENT, "find map", name);
	return map;
}

void Object::SetKnobs(const knobs &values)
{
	bpf_map *map;
	bpf_object__for_each_map(map, object_.get())
	{
		size_t size = 0;
		if (!std::strstr(bpf_map__name(map), ".rodata"))
			continue;
		void *data = const_cast<void *>(bpf_map__initial_value(map, &size));
		// They are all the read-only data that the object has.
		if (!data || size != sizeof(values))
			break;
		std::memcpy(data, &values, sizeof(values));
		return;
	}
	throw SystemError(ENOENT, "find read-only data", "knobs");
}

void Object::Choose(const std::vector<std::string> &programs)
{
	bpf_program *program;
	bpf_object__for_each_program(program, object_.get())
	{
		const bool wanted = std::count(programs.begin(), programs.end(), bpf_program__name(program)) > 0;
		bpf_program__set_autoload(program, wanted);
	}
}

void Object::Resize(const std::string &name, uint32_t max_entries)
{
	const int error = bpf_map__set_max_entries(Map(name), max_entries);
	if (error)
		throw SystemError(-error, "bpf_map__set_max_entries", name);
}

void Object::Reuse(const std::string &name, const Fd &existing)
{
	const int error = bpf_map__reuse_fd(Map(name), existing.get());
	if (error)
		throw SystemError(-error, "bpf_map__reuse_fd", name);
}

void Object::Load()
{
	const int error = bpf_object__load(object_.get());
	if (error)
		throw SystemError(-error, "bpf_object__load", log_tail);
}

std::map<std::string, Fd> Object::Maps() const
{
	std::map<std::string, Fd> maps;
	bpf_map *map;
	bpf_object__for_each_map(map, object_.get()) if (!IsData(map)) maps[bpf_map__name(map)] =
		Duplicate(bpf_map__fd(map));
	return maps;
}

std::map<std::string, Fd> Object::Programs(const std::vector<std::string> &names) const
{
	std::map<std::string, Fd> programs;
	for (const std::string &name : names) {
		bpf_program *program = bpf_object__find_program_by_name(object_.get(), name.c_str());
		if (!program)
			throw SystemError(ENOENT, "find program", name);
		programs[name] = Duplicate(bpf_program__fd(program));
	}
	return programs;
}

} // namespace weir
