// Raw records: the whole payload is the one column, a text or bytea. Text must be valid UTF-8
// without zero characters.
#pragma once

#include "operators/connectors/formats/decoder.h"

#include <memory>

namespace weir {

Result<std::unique_ptr<Decoder>> make_raw_decoder(const FormatOptions& options,
                                                  const RowShape& shape);

}  // namespace weir
