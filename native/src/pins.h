// SPDX-License-Identifier: Apache-2.0
// Where maps, programs and links are kept in the BPF file system, so that they outlive the process:
//   FOLDER/maps/NAME   FOLDER/programs/NAME   FOLDER/links/SLOT
#pragma once

#include <string>
#include <vector>

#include "fd.h"

namespace weir
{

class Pins
{
public:
	// Makes the folders. An empty folder name: nothing is ever kept. Throws SystemError when it is in no BPF file system.
	explicit Pins(std::string folder);

	bool kept() const
	{
		return !folder_.empty();
	}
	// What is pinned there; no value when nothing is.
	Fd Open(const std::string &kind, const std::string &name) const;
	// Pins in place of what is there. Throws SystemError.
	void Put(const std::string &kind, const std::string &name, int fd) const;
	void Remove(const std::string &kind, const std::string &name) const;
	std::vector<std::string> List(const std::string &kind) const;
	// Links go first, so that no program runs on maps that are half gone.
	void RemoveAll() const;

private:
	std::string Path(const std::string &kind, const std::string &name) const;

	std::string folder_;
};

} // namespace weir
