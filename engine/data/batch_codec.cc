// The format, version 1; all numbers are little-endian and nothing is padded:
//
//   batch   = magic:"WBAT" version:u16 flags:u16 rows:u32 columns:u32 schema:u64
//             column* extra:column{4} crc:u32
//   column  = absent:u8=0
//           | whole:u8=1 values                            no value is NULL
//           | holes:u8=2 bitmap values                     a bit a row, set where not NULL
//   values  = bitmap                                       boolean
//           | value:(width of the type){rows}              other types without payloads
//           | view:16{rows} chunks:u32 (size:u32 bytes)*   text, bytea
//           | column*                                      composite: one a field
//   bitmap  = word:u64{ceil(rows/64)}                      bits behind the last row are 0
//
// flags is 0. columns is the number of the schema's fields, schema its fingerprint. The extras are
// the arrival watermark (bigint), the change (int), the split (int) and the position (bigint). A
// view is as in text_view.h, and its buffer counts the chunks of its column. crc is the CRC-32C of
// all bytes before it. Values that are NULL are zero.
#include "engine/data/batch_codec.h"

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/hash.h"
#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint32_t kMagic = 0x54414257;  // "WBAT"
constexpr uint16_t kVersion = 1;
constexpr size_t kHeaderBytes = 24;
constexpr uint32_t kRowsMax =
    1 << 24;  // Far above any batch: who receives one may allocate by its rows.
constexpr size_t kChunkBytesMax = 16 << 20;

constexpr uint8_t kAbsent = 0;
constexpr uint8_t kWhole = 1;
constexpr uint8_t kHoles = 2;

uint64_t fingerprint(const Type& type);

uint64_t fingerprint(const std::vector<Field>& fields) {
  uint64_t hash = hash_word(fields.size());
  for (const Field& field : fields) {
    hash = hash_combine(hash, hash_bytes(field.name));
    hash = hash_combine(
        hash, fingerprint(field.type) + (field.nullable ? 1 : 0) + (field.event_time ? 2 : 0));
  }
  return hash;
}

uint64_t fingerprint(const Type& type) {
  const uint64_t own = static_cast<uint64_t>(type.kind()) |
                       static_cast<uint64_t>(type.precision()) << 8 |
                       static_cast<uint64_t>(type.scale()) << 16;
  if (type.kind() == TypeKind::kComposite) {
    return hash_combine(hash_word(own), fingerprint(type.fields().fields));
  }
  if (type.kind() == TypeKind::kArray) {
    return hash_combine(hash_word(own), fingerprint(type.element()));
  }
  return hash_word(own);
}

// The bits of the last word of a bitmap that stand for rows.
uint64_t last_word_mask(size_t rows) {
  return rows % 64 == 0 ? ~uint64_t{0} : (uint64_t{1} << (rows % 64)) - 1;
}

bool any_null(const Column& column) {
  if (!column.has_nulls() || column.size() == 0) return false;
  const size_t words = bitmap_words(column.size());
  for (size_t i = 0; i + 1 < words; ++i) {
    if (~column.validity()[i] != 0) return true;
  }
  return (~column.validity()[words - 1] & last_word_mask(column.size())) != 0;
}

void put_bitmap(ByteWriter& out, const uint64_t* words, size_t rows) {
  const size_t count = bitmap_words(rows);
  if (count == 0) return;
  out.put_bytes({reinterpret_cast<const char*>(words), (count - 1) * sizeof *words});
  out.put(words[count - 1] & last_word_mask(rows));
}

// The payloads of one column on their way out. Neighbours that share a payload still do afterwards.
class PayloadChunks {
 public:
  explicit PayloadChunks(const Column& column) : column_(column) {}

  TextView place(uint32_t row) {
    const TextView from = column_.values<TextView>()[row];
    if (from.is_inline()) return from;
    if (std::memcmp(&from, &last_from_, sizeof from) == 0) return last_to_;
    const std::string_view payload = column_.text(row);
    if (chunks_.empty() || chunks_.back().size() + payload.size() > kChunkBytesMax) {
      chunks_.emplace_back();
    }
    const int32_t buffer = static_cast<int32_t>(chunks_.size() - 1);
    const int32_t offset = static_cast<int32_t>(chunks_.back().size());
    chunks_.back().append(payload);
    last_from_ = from;
    last_to_ = from;
    std::memcpy(last_to_.bytes + 4, &buffer, sizeof buffer);
    std::memcpy(last_to_.bytes + 8, &offset, sizeof offset);
    return last_to_;
  }
  void put(ByteWriter& out) const {
    out.put(static_cast<uint32_t>(chunks_.size()));
    for (const std::string& chunk : chunks_) out.put_sized(chunk);
  }

 private:
  const Column& column_;
  std::vector<std::string> chunks_;
  TextView last_from_;  // The empty text, which is not asked for here, so long as there is none.
  TextView last_to_;
};

void put_texts(ByteWriter& out, const Column& column) {
  PayloadChunks payloads(column);
  for (uint32_t row = 0; row < column.size(); ++row) out.put(payloads.place(row));
  payloads.put(out);
}

void put_column(ByteWriter& out, const ColumnPtr& column, const Type& type, size_t rows) {
  if (column == nullptr) return out.put(kAbsent);
  CHECK(column->size() == rows);
  CHECK(column->type().width() == type.width());
  const bool has_holes = any_null(*column);
  out.put(has_holes ? kHoles : kWhole);
  if (has_holes) put_bitmap(out, column->validity(), rows);
  switch (type.kind()) {
    case TypeKind::kBoolean: return put_bitmap(out, column->bits(), rows);
    case TypeKind::kInt:
    case TypeKind::kDate:
      return out.put_bytes({reinterpret_cast<const char*>(column->values<int32_t>()), 4 * rows});
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return out.put_bytes({reinterpret_cast<const char*>(column->values<int64_t>()), 8 * rows});
    case TypeKind::kNumeric:
    case TypeKind::kInterval:
      return out.put_bytes({reinterpret_cast<const char*>(column->values<Int128>()), 16 * rows});
    case TypeKind::kText:
    case TypeKind::kBytea: return put_texts(out, *column);
    case TypeKind::kComposite: {
      const std::vector<Field>& fields = type.fields().fields;
      CHECK(column->children().size() == fields.size());
      for (size_t i = 0; i < fields.size(); ++i) {
        put_column(out, column->children()[i], fields[i].type, rows);
      }
      return;
    }
    case TypeKind::kArray: {
      out.put_bytes({reinterpret_cast<const char*>(column->offsets()), 4 * (rows + 1)});
      return put_column(out, column->children()[0], type.element(), column->children()[0]->size());
    }
  }
  unreachable();
}

size_t column_bytes_max(const ColumnPtr& column, const RecordBatch& batch);

// Of all rows, whether they are selected or not.
size_t array_bytes_max(const Column& column) {
  const ColumnPtr& elements = column.children()[0];
  RecordBatch all;
  all.rows = static_cast<uint32_t>(elements->size());
  return sizeof kWhole + bitmap_words(column.size()) * sizeof(uint64_t) +
         (column.size() + 1) * sizeof(int32_t) + column_bytes_max(elements, all);
}

size_t column_bytes_max(const ColumnPtr& column, const RecordBatch& batch) {
  if (column == nullptr) return sizeof kAbsent;
  if (column->type().kind() == TypeKind::kArray) return array_bytes_max(*column);
  const size_t rows = batch.size();
  size_t sum = sizeof kWhole;
  if (column->has_nulls()) sum += bitmap_words(rows) * sizeof(uint64_t);
  for (const ColumnPtr& child : column->children()) sum += column_bytes_max(child, batch);
  if (column->type().kind() == TypeKind::kBoolean) {
    return sum + bitmap_words(rows) * sizeof(uint64_t);
  }
  sum += column->type().width() * rows;
  if (!column->type().is_text_like()) return sum;
  size_t payloads = 0;
  const TextView* views = column->values<TextView>();
  batch.selection().each([&](uint32_t row) {
    if (!views[row].is_inline()) payloads += static_cast<size_t>(views[row].size);
  });
  // Any two neighbouring chunks together hold more than one may.
  const size_t chunks = payloads / (kChunkBytesMax / 2) + 1;
  return sum + payloads + (chunks + 1) * sizeof(uint32_t);
}

Error broken(std::string what) { return corrupt("cannot decode batch: " + std::move(what)); }

// Where a chunk of payloads came to stand in the arena.
struct Placed {
  std::string_view bytes;
  int32_t buffer = 0;
  int32_t offset = 0;
};

class BatchReader {
 public:
  BatchReader(std::string_view bytes, size_t rows)
      : reader_(bytes), rows_(rows), arena_(std::make_shared<Arena>()) {}

  Result<ColumnPtr> read_column(const Type& type);
  size_t left() const { return reader_.left(); }

 private:
  Status read_bitmap(std::string_view& bytes);
  Status read_values(ColumnWriter& writer, const uint64_t* validity);
  Status read_bits(ColumnWriter& writer, const uint64_t* validity);
  Status read_fixed(ColumnWriter& writer, const uint64_t* validity);
  Status read_texts(ColumnWriter& writer, const uint64_t* validity);
  Result<std::vector<Placed>> read_chunks();
  Result<ColumnPtr> read_fields(ColumnWriter writer, const uint64_t* validity);
  Result<ColumnPtr> read_arrays(const Type& type, std::string_view bitmap);

  ByteReader reader_;
  size_t rows_;
  std::shared_ptr<Arena> arena_;  // Of all columns of the batch.
};

Result<ColumnPtr> BatchReader::read_column(const Type& type) {
  const uint8_t form = TRY(reader_.get<uint8_t>());
  if (form == kAbsent) return ColumnPtr();
  if (form > kHoles) return broken(fmt::format("a column has form {}", form));
  std::string_view bitmap;
  if (form == kHoles) TRY(read_bitmap(bitmap));
  // Whatever the type, its bytes are there before memory for them is taken.
  const size_t width = type.kind() == TypeKind::kBoolean ? 0 : type.width();
  if (width * rows_ > reader_.left()) return broken("a column ends early");
  if (type.kind() == TypeKind::kBoolean && rows_ / 8 > reader_.left()) {
    return broken("a column ends early");
  }
  // No child has a writer: children are columns when the composite is made.
  NeededField no_child{.needed = true, .fields = {}};
  const bool is_composite = type.kind() == TypeKind::kComposite;
  if (type.kind() == TypeKind::kArray) return read_arrays(type, bitmap);
  if (is_composite) no_child.fields.resize(type.fields().fields.size());
  ColumnWriter writer(type, rows_, arena_, is_composite ? &no_child : nullptr);
  const uint64_t* validity = nullptr;
  if (!bitmap.empty()) {
    std::memcpy(writer.validity(), bitmap.data(), bitmap.size());
    validity = writer.validity();
  }
  if (is_composite) return read_fields(std::move(writer), validity);
  TRY(read_values(writer, validity));
  return std::move(writer).finish(rows_);
}

Result<ColumnPtr> BatchReader::read_arrays(const Type& type, std::string_view bitmap) {
  const std::string_view bytes = TRY(reader_.get_bytes((rows_ + 1) * sizeof(int32_t)));
  std::vector<int32_t> offsets(rows_ + 1);
  std::memcpy(offsets.data(), bytes.data(), bytes.size());
  if (offsets.front() != 0 || !std::is_sorted(offsets.begin(), offsets.end())) {
    return broken("the arrays of a column overlap");
  }
  const size_t rows = std::exchange(rows_, static_cast<size_t>(offsets.back()));
  Result<ColumnPtr> elements = read_column(type.element());
  rows_ = rows;
  if (!elements.ok()) return elements;
  if (*elements == nullptr) return broken("the elements of arrays are absent");
  NeededField no_child{.needed = true, .fields = {NeededField()}};
  ColumnWriter writer(type, rows_, nullptr, &no_child);
  if (!bitmap.empty()) std::memcpy(writer.validity(), bitmap.data(), bitmap.size());
  offsets.erase(offsets.begin());
  return std::move(writer).finish_arrays(offsets, *elements);
}

Status BatchReader::read_bitmap(std::string_view& bytes) {
  bytes = TRY(reader_.get_bytes(bitmap_words(rows_) * sizeof(uint64_t)));
  if (bytes.empty()) return {};
  uint64_t last;
  std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
  if ((last & ~last_word_mask(rows_)) != 0) return broken("a bitmap goes beyond the last row");
  return {};
}

Status BatchReader::read_values(ColumnWriter& writer, const uint64_t* validity) {
  switch (writer.type().kind()) {
    case TypeKind::kBoolean: return read_bits(writer, validity);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kNumeric:
    case TypeKind::kInterval: return read_fixed(writer, validity);
    case TypeKind::kText:
    case TypeKind::kBytea: return read_texts(writer, validity);
    case TypeKind::kComposite:
    case TypeKind::kArray:
      break;  // read_column took care of composites; there are no columns of arrays yet.
  }
  unreachable();
}

Status BatchReader::read_bits(ColumnWriter& writer, const uint64_t* validity) {
  std::string_view bytes;
  TRY(read_bitmap(bytes));
  if (bytes.empty()) return {};
  std::memcpy(writer.bits(), bytes.data(), bytes.size());
  if (validity == nullptr) return {};
  for (size_t i = 0; i < bitmap_words(rows_); ++i) {
    if ((writer.bits()[i] & ~validity[i]) != 0) return broken("a NULL has a value");
  }
  return {};
}

Status BatchReader::read_fixed(ColumnWriter& writer, const uint64_t* validity) {
  const size_t width = writer.type().width();
  const std::string_view bytes = TRY(reader_.get_bytes(width * rows_));
  if (bytes.empty()) return {};
  char* values = nullptr;
  switch (width) {
    case 4: values = reinterpret_cast<char*>(writer.values<int32_t>()); break;
    case 8: values = reinterpret_cast<char*>(writer.values<int64_t>()); break;
    default: values = reinterpret_cast<char*>(writer.values<Int128>()); break;
  }
  std::memcpy(values, bytes.data(), bytes.size());
  if (validity == nullptr) return {};
  constexpr char kZeros[16] = {};
  for (size_t row = 0; row < rows_; ++row) {
    if (!bit_get(validity, row) && std::memcmp(values + row * width, kZeros, width) != 0) {
      return broken("a NULL has a value");
    }
  }
  return {};
}

Result<std::vector<Placed>> BatchReader::read_chunks() {
  const uint32_t count = TRY(reader_.get<uint32_t>());
  if (count > reader_.left() / sizeof(uint32_t)) return broken("too many chunks of text");
  std::vector<Placed> chunks;
  chunks.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view bytes = TRY(reader_.get_sized());
    if (bytes.size() <= TextView::kInlineMax || bytes.size() > INT32_MAX) {
      return broken(fmt::format("a chunk of text has {} bytes", bytes.size()));
    }
    const TextView view = arena_->add(bytes);
    chunks.push_back({.bytes = bytes, .buffer = view.buffer(), .offset = view.offset()});
  }
  return chunks;
}

bool is_zero_padded(const TextView& view) {
  for (size_t i = static_cast<size_t>(view.size); i < TextView::kInlineMax; ++i) {
    if (view.bytes[i] != 0) return false;
  }
  return true;
}

// Makes a view point into the arena instead of into the chunk. Gives the text; no data where the
// view is wrong.
std::string_view follow(TextView& view, const std::vector<Placed>& chunks) {
  const size_t size = static_cast<size_t>(view.size);
  if (view.size < 0) return {};
  if (view.is_inline()) {
    return is_zero_padded(view) ? std::string_view(view.bytes, size) : std::string_view();
  }
  if (view.buffer() < 0 || static_cast<size_t>(view.buffer()) >= chunks.size()) return {};
  const Placed& chunk = chunks[static_cast<size_t>(view.buffer())];
  if (view.offset() < 0 || static_cast<size_t>(view.offset()) + size > chunk.bytes.size())
    return {};
  const std::string_view text = chunk.bytes.substr(static_cast<size_t>(view.offset()), size);
  if (std::memcmp(text.data(), view.bytes, 4) != 0) return {};
  const int32_t offset = chunk.offset + view.offset();
  std::memcpy(view.bytes + 4, &chunk.buffer, sizeof chunk.buffer);
  std::memcpy(view.bytes + 8, &offset, sizeof offset);
  return text;
}

Status BatchReader::read_texts(ColumnWriter& writer, const uint64_t* validity) {
  const std::string_view bytes = TRY(reader_.get_bytes(sizeof(TextView) * rows_));
  const std::vector<Placed> chunks = TRY(read_chunks());
  const bool is_text = writer.type().kind() == TypeKind::kText;
  TextView* views = writer.values<TextView>();
  for (size_t row = 0; row < rows_; ++row) {
    TextView view;
    std::memcpy(&view, bytes.data() + row * sizeof view, sizeof view);
    const std::string_view text = follow(view, chunks);
    if (text.data() == nullptr) return broken(fmt::format("the text of row {} is not there", row));
    if (is_text && !is_utf8(text))
      return broken(fmt::format("the text of row {} is not UTF-8", row));
    const bool is_null = validity != nullptr && !bit_get(validity, row);
    if (is_null && view.size != 0) return broken("a NULL has a value");
    views[row] = view;
  }
  return {};
}

Result<ColumnPtr> BatchReader::read_fields(ColumnWriter writer, const uint64_t* validity) {
  std::vector<ColumnPtr> children;
  for (const Field& field : writer.type().fields().fields) {
    ColumnPtr child = TRY(read_column(field.type));
    if (child != nullptr && validity != nullptr) {
      for (size_t row = 0; row < rows_; ++row) {
        if (!bit_get(validity, row) && !child->is_null(row)) {
          return broken("a NULL composite has a field");
        }
      }
    }
    children.push_back(std::move(child));
  }
  return std::move(writer).finish_with(rows_, std::move(children));
}

Status check_change(const RecordBatch& batch) {
  if (batch.change == nullptr) return {};
  for (uint32_t row = 0; row < batch.rows; ++row) {
    const int32_t kind = batch.change->values<int32_t>()[row];
    if (kind < 0 || kind > static_cast<int32_t>(ChangeKind::kDelete)) {
      return broken(fmt::format("row {} has change kind {}", row, kind));
    }
  }
  return {};
}

// Checks what stands before the columns and gives the number of rows.
Result<uint32_t> read_header(ByteReader& reader, const Schema& schema) {
  const uint32_t magic = TRY(reader.get<uint32_t>());
  if (magic != kMagic) return broken(fmt::format("it starts with {:#x}", magic));
  const uint16_t version = TRY(reader.get<uint16_t>());
  if (version != kVersion) {
    return broken(fmt::format("it has version {}, known is {}", version, kVersion));
  }
  const uint16_t flags = TRY(reader.get<uint16_t>());
  if (flags != 0) return broken(fmt::format("it has unknown flags {:#x}", flags));
  const uint32_t rows = TRY(reader.get<uint32_t>());
  if (rows > kRowsMax) return broken(fmt::format("it has {} rows", rows));
  const uint32_t columns = TRY(reader.get<uint32_t>());
  const uint64_t written_schema = TRY(reader.get<uint64_t>());
  if (columns != schema.fields.size() || written_schema != fingerprint(schema.fields)) {
    return broken(fmt::format("it was written under another schema: columns={} expected={}",
                              columns, schema.fields.size()));
  }
  return rows;
}

}  // namespace

void append_batch(ByteWriter& out, const RecordBatch& batch) {
  const RecordBatch dense = compact(batch);
  const std::vector<Field>& fields = dense.schema->fields;
  CHECK(dense.columns.size() == fields.size());
  CHECK(dense.rows <= kRowsMax);
  out.put(kMagic);
  out.put(kVersion);
  out.put(uint16_t{0});
  out.put(dense.rows);
  out.put(static_cast<uint32_t>(fields.size()));
  out.put(fingerprint(fields));
  for (size_t i = 0; i < fields.size(); ++i) {
    put_column(out, dense.columns[i], fields[i].type, dense.rows);
  }
  put_column(out, dense.arrival_watermark, TypeKind::kBigint, dense.rows);
  put_column(out, dense.change, TypeKind::kInt, dense.rows);
  put_column(out, dense.split, TypeKind::kInt, dense.rows);
  put_column(out, dense.position, TypeKind::kBigint, dense.rows);
}

std::string encode_batch(const RecordBatch& batch) {
  ByteWriter out;
  append_batch(out, batch);
  out.put(crc32c(out.view()));
  return std::move(out).take();
}

size_t appended_bytes_max(const RecordBatch& batch) {
  size_t sum = kHeaderBytes;
  for (const ColumnPtr& column : batch.columns) sum += column_bytes_max(column, batch);
  for (const ColumnPtr& column :
       {batch.arrival_watermark, batch.change, batch.split, batch.position}) {
    sum += column_bytes_max(column, batch);
  }
  return sum;
}

Result<RecordBatch> read_batch(std::string_view bytes, const SchemaPtr& schema) {
  ByteReader header(bytes);
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = TRY(read_header(header, *schema));
  BatchReader reader(bytes.substr(bytes.size() - header.left()), batch.rows);
  batch.columns.reserve(schema->fields.size());
  for (const Field& field : schema->fields) {
    batch.columns.push_back(TRY(reader.read_column(field.type)));
  }
  batch.arrival_watermark = TRY(reader.read_column(TypeKind::kBigint));
  batch.change = TRY(reader.read_column(TypeKind::kInt));
  batch.split = TRY(reader.read_column(TypeKind::kInt));
  batch.position = TRY(reader.read_column(TypeKind::kBigint));
  if (reader.left() != 0) return broken(fmt::format("{} bytes are left over", reader.left()));
  TRY(check_change(batch));
  return batch;
}

Result<RecordBatch> decode_batch(std::string_view bytes, const SchemaPtr& schema) {
  uint32_t crc = 0;
  if (bytes.size() < sizeof crc) return broken(fmt::format("it has {} bytes", bytes.size()));
  std::memcpy(&crc, bytes.data() + bytes.size() - sizeof crc, sizeof crc);
  bytes.remove_suffix(sizeof crc);
  if (crc != crc32c(bytes)) return broken("its checksum is wrong");
  return read_batch(bytes, schema);
}

}  // namespace weir
