// Files as a source: local ones, plain or compressed, of lines or CSV records.
//
// Splits are named by the file (within a folder, relative to it) or, as a sequence, by the path;
// they are numbered in the order of their names, and files that come later after those.
// record_source() is the file's path. In ranges, the name of each but the first says where it
// begins, as in "a.json@67108864"; a record belongs to the range that it begins in. Compressed
// files and pipes, which can be read from their beginning only, are one range.
//
// With stop = 'never' files may grow and new ones may come. A line counts once its line end is
// there; in a sequence, also once there is a file with a higher name. Files are looked at four
// times a second, folders once; files with a lower name than the one a sequence has reached are not
// read. Files must not change otherwise.
#pragma once

#include "operators/connectors/file/file_options.h"
#include "operators/connectors/formats/decoder.h"
#include "operators/connectors/source.h"

#include <memory>

namespace weir {

// kUser error for a format that does not go with the shape. The path is looked at by discover().
Result<std::unique_ptr<Source>> make_file_source(FileSourceOptions options, FormatOptions format,
                                                 RowShape shape);

}  // namespace weir
