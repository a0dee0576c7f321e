#include "operators/connectors/formats/decoder.h"

#include "operators/connectors/formats/csv_decoder.h"
#include "operators/connectors/formats/json_decoder.h"
#include "operators/connectors/formats/raw_decoder.h"

#include <fmt/format.h>

namespace weir {

Result<std::unique_ptr<Decoder>> make_decoder(const FormatOptions& options, const RowShape& shape) {
  if (options.format == "json") return make_json_decoder(options, shape);
  if (options.format == "csv") return make_csv_decoder(options, shape);
  if (options.format == "raw") return make_raw_decoder(options, shape);
  return user_error(fmt::format("unknown format '{}': expected json, csv or raw", options.format));
}

}  // namespace weir
