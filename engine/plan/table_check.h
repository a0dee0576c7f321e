// What a connector has to say about a table before the job starts.
//
// Only the connectors know which Kafka property a job may set or which columns a data set has, and
// the front end knows no connector: it asks through this function, and shows the answer at the
// option or the column in the script.
#pragma once

#include "engine/plan/specs.h"

#include <functional>
#include <optional>
#include <string>

namespace weir {

struct TableFault {
  std::string message;
  // Which of the table's options or columns is at fault; both empty: the table as a whole.
  std::string option;
  std::string column;
};

// Of a SourceSpec or SinkSpec; nothing for what can be read or written, and for other steps. Pure:
// asks nothing of the outside world.
using TableCheck = std::function<std::optional<TableFault>(const VertexSpec& table)>;

}  // namespace weir
