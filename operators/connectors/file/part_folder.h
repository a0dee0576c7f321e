// What the sinks of files have in common: the folder, and the names of the part files in it.
// Plain functions that block on the disk.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "operators/connectors/file/folder_lock.h"
#include "operators/connectors/sink.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Makes the folder, durably, and keeps others out of it. kUser where it cannot be made, or somebody
// else writes there.
Result<FolderLock> open_part_folder(const std::string& folder, const SinkLane& lane);

// Calls visit(name) for each file directly in the folder.
Status each_name(const std::string& folder, const std::function<void(const std::string&)>& visit);

// The number that begins there, if one does.
std::optional<uint64_t> number_at(const std::string& text, size_t position);

// What part files of the slot are called until they have an epoch: "part-<slot>-".
std::string part_prefix(uint32_t slot);
// "<prefix><epoch>-<index><suffix>", as file_sink.h says.
std::string part_name(std::string_view prefix, Epoch epoch, size_t index, std::string_view suffix);
// The epoch of a part file by its name; absent where it is none.
std::optional<uint64_t> epoch_of_part(const std::string& name);

}  // namespace weir
