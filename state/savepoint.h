// Savepoints by the folder that people name: what is said of one, says which (state/job_history.h
// reads and writes them).
#pragma once

#include "state/job_history.h"

#include <string>

namespace weir {

// Whether a savepoint can be written there; makes the folder. kUser, with what to do, if not.
Status check_savepoint_folder(const std::string& folder);

// What lies in the folder; kUser if it is none.
Result<Manifest> read_savepoint(const std::string& folder);

// The error, with the savepoint that it is about.
Error about_savepoint(const std::string& folder, Error error);

}  // namespace weir
