// JSON records, one object each: the rules of docs/sql.md, and where it is silent, what PostgreSQL
// would do.
//
//   column     takes
//   int ...    a number without fraction or exponent, or a string that PostgreSQL's cast would take
//   numeric    a number, exact from its digits, or such a string; rounded to the scale
//   double     a number or a string ("NaN", "Infinity" are strings)
//   boolean    true, false, or a string that the cast would take
//   text       a string; of a number, true or false its text; of an object or array its JSON as
//              it stands in the record
//   bytea      a string of base64
//   timestamp  a string, or an integer if the option timestamp_unit says what it counts
//   date, interval  a string
//   composite  an object, read like the record itself
//
// null and a missing key are NULL for all of them. See json_walk.h for what is checked in the parts
// that nobody reads.
#pragma once

#include "operators/connectors/formats/decoder.h"

#include <memory>

namespace weir {

Result<std::unique_ptr<Decoder>> make_json_decoder(const FormatOptions& options,
                                                   const RowShape& shape);

}  // namespace weir
