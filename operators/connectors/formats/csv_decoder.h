// CSV records by RFC 4180: fields between commas, or in double quotes, where a doubled quote stands
// for one and commas and line breaks are text. A field that is empty and not quoted is NULL; "" is
// the empty text. Every record must have as many fields as the header line, or without one as the
// table has columns. Spaces belong to their field; types other than text do not mind them.
#pragma once

#include "operators/connectors/formats/decoder.h"

#include <memory>

namespace weir {

Result<std::unique_ptr<Decoder>> make_csv_decoder(const FormatOptions& options,
                                                  const RowShape& shape);

}  // namespace weir
