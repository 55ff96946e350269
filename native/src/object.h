// SPDX-License-Identifier: Apache-2.0
// The compiled BPF object on its way into the kernel.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../../bpf/weir.h"
#include "fd.h"

namespace weir
{

// libbpf writes to standard error otherwise. What it says of a failed load is in the error of Object::Load.
void KeepLibbpfQuiet();

class Object
{
public:
	explicit Object(const std::string &path);

	void SetKnobs(const knobs &values);
	// Only these programs are loaded.
	void Choose(const std::vector<std::string> &programs);
	void Resize(const std::string &map, uint32_t max_entries);
	// Takes a map that is in the kernel already in place of making one.
	void Reuse(const std::string &map, const Fd &existing);
	// Throws SystemError with the end of the verifier's log.
	void Load();

	// What was loaded, by name; descriptors of their own, which outlive this object.
	std::map<std::string, Fd> Maps() const;
	std::map<std::string, Fd> Programs(const std::vector<std::string> &names) const;

private:
	struct Closer {
		void operator()(bpf_object *object) const
		{
			bpf_object__close(object);
		}
	};

	bpf_map *Map(const std::string &name) const;

	std::unique_ptr<bpf_object, Closer> object_;
};

} // namespace weir
