#include "engine/plan/source_end.h"

#include <string>

namespace weir {

bool has_end(const SourceSpec& source) {
  const auto option = [&source](const char* name) {
    const auto found = source.options.find(name);
    return found == source.options.end() ? std::string() : found->second;
  };
  if (source.connector == "kafka") return option("stop") == "latest";
  if (source.connector == "generator") return !option("rows").empty();
  return option("stop") != "never";
}

bool finds_new_splits(const SourceSpec& source) {
  return source.connector != "generator" && !has_end(source);
}

}  // namespace weir
