#include "operators/connectors/generator/generator_source.h"

#include "engine/data/scalar.h"
#include "operators/connectors/generator/card_rows.h"
#include "operators/connectors/generator/card_truth_rows.h"
#include "operators/connectors/generator/nexmark_rows.h"
#include "operators/connectors/generator/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace weir {
namespace {

const char* dataset_name(Dataset dataset) {
  return dataset == Dataset::kNexmark ? "nexmark" : "card_transactions";
}

// Turns the clock into the number of rows of a split that are due.
class Pace {
 public:
  Pace(const GeneratorOptions& options, uint32_t split, uint64_t first_row)
      : rate_(options.rate), splits_(options.splits), split_(split), first_row_(first_row) {}

  // Rows below this one are due.
  uint64_t row_limit(int64_t now) {
    if (!rate_.has_value()) return std::numeric_limits<uint64_t>::max();
    if (!started_.has_value()) started_ = now;
    if (now < *started_) return first_row_;
    const Uint128 due = static_cast<Uint128>(now - *started_) * *rate_ / 1'000'000;
    if (due < split_) return first_row_;
    return first_row_ + static_cast<uint64_t>((due - split_) / splits_) + 1;
  }

  // When a row is due: the first moment at which row_limit() is above it. REQUIRES: row_limit() was
  // called.
  int64_t due_at(uint64_t row) const {
    const uint64_t ahead = row < first_row_ ? 0 : row - first_row_;
    const Uint128 number = static_cast<Uint128>(ahead) * splits_ + split_;
    const Uint128 micros = (number * 1'000'000 + *rate_ - 1) / *rate_;
    return *started_ + static_cast<int64_t>(micros);
  }

 private:
  std::optional<uint64_t> rate_;
  uint64_t splits_;
  uint64_t split_;
  uint64_t first_row_;
  std::optional<int64_t> started_;
};

class GeneratorReader final : public SplitReader {
 public:
  GeneratorReader(Split split, const RowShape& shape, std::unique_ptr<RowMaker> maker,
                  const GeneratorPosition& from)
      : split_(std::move(split)),
        shape_(shape),
        rows_depend_on_(what_rows_depend_on(from.options)),
        maker_(std::move(maker)),
        pace_(from.options, static_cast<uint32_t>(split_.number),
              maker_->first_pace_row(from.next)),
        next_(from.next) {}

  Result<ReadOutcome> read(size_t rows_max, int64_t now, DecodedRows& rows) override {
    CHECK(rows_max > 0);
    CHECK(rows.records == 0);
    rows.batch.schema = shape_.schema;
    const std::optional<uint64_t> end = maker_->slots_end();
    if (end.has_value() && next_ >= *end) return ReadOutcome{ReadState::kEnd, std::nullopt};
    MadeRows made;
    maker_->make({.from = next_, .row_limit = pace_.row_limit(now), .rows_max = rows_max}, made);
    if (made.next == next_) {
      const int64_t due = pace_.due_at(maker_->pace_row(next_));
      const int64_t ticks = (std::max(due, now + 1) + kPaceMicros - 1) / kPaceMicros;
      return ReadOutcome{ReadState::kWaiting, ticks * kPaceMicros};
    }
    fill_batch(std::move(made), rows);
    const bool at_end = end.has_value() && next_ >= *end;
    return ReadOutcome{at_end ? ReadState::kEnd : ReadState::kRows, std::nullopt};
  }

  SplitPosition position() const override { return std::to_string(next_) + rows_depend_on_; }

  std::optional<uint64_t> backlog() const override {
    const std::optional<uint64_t> end = maker_->slots_end();
    if (!end.has_value()) return std::nullopt;
    return *end - std::min(next_, *end);
  }

 private:
  void fill_batch(MadeRows made, DecodedRows& rows) {
    RecordBatch& batch = rows.batch;
    batch.rows = static_cast<uint32_t>(made.rows);
    batch.columns = std::move(made.columns);
    for (size_t i = 0; i < shape_.metadata.size(); ++i) {
      const size_t column = shape_.payload_fields() + i;
      const bool needed = shape_.needed[column].needed;
      batch.columns.push_back(needed ? metadata_column(i, made) : nullptr);
    }
    if (shape_.with_position) {
      batch.split = constant_column({TypeKind::kInt, int64_t{split_.id.value()}}, made.rows);
      batch.position = positions(made);
    }
    rows.records = made.rows;
    next_ = made.next;
  }

  ColumnPtr metadata_column(size_t index, const MadeRows& made) const {
    const Type& type = shape_.schema->fields[shape_.payload_fields() + index].type;
    switch (shape_.metadata[index].kind) {
      case MetadataKind::kPartition:
        return constant_column({type, int64_t{split_.number}}, made.rows);
      case MetadataKind::kOffset: return positions(made);
      case MetadataKind::kSource: return constant_column({type, split_.source}, made.rows);
      case MetadataKind::kTime:
      case MetadataKind::kKey:
      case MetadataKind::kHeader: return null_column(type, made.rows);
    }
    unreachable();
  }

  ColumnPtr positions(const MadeRows& made) const {
    ColumnWriter writer(TypeKind::kBigint, made.rows);
    int64_t* const out = writer.values<int64_t>();
    for (size_t row = 0; row < made.rows; ++row) {
      out[row] = made.slots.empty() ? static_cast<int64_t>(next_ + row) : made.slots[row];
    }
    return std::move(writer).finish(made.rows);
  }

  // Constant after construction.
  const Split split_;
  const RowShape shape_;
  const std::string rows_depend_on_;

  // Owned by the task thread.
  std::unique_ptr<RowMaker> maker_;
  Pace pace_;
  uint64_t next_;  // Slot.
};

class GeneratorSource final : public Source {
 public:
  GeneratorSource(const GeneratorOptions& options, RowShape shape, WantedColumns wanted)
      : options_(options), shape_(std::move(shape)), wanted_(std::move(wanted)) {
    if (options_.dataset == Dataset::kNexmark) {
      nexmark_ = std::make_shared<const NexmarkTables>(options_.seed);
    } else if (!options_.truth) {
      profiles_ = std::make_shared<const CardProfiles>();
    }
  }

  Result<std::vector<Split>> discover() override {
    std::vector<Split> splits;
    for (uint32_t i = 0; i < options_.splits; ++i) {
      splits.push_back({.name = std::to_string(i),
                        .source = dataset_name(options_.dataset),
                        .number = static_cast<int32_t>(i)});
    }
    return splits;
  }

  Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition* from,
                                            bool is_new) override {
    (void)is_new;  // The splits never change.
    CHECK(split.number >= 0);
    CHECK(static_cast<uint32_t>(split.number) < options_.splits);
    GeneratorPosition position{.options = options_};
    if (from != nullptr) position = TRY(read_position(*from, options_));
    std::unique_ptr<RowMaker> maker =
        make_rows(position.options, static_cast<uint32_t>(split.number));
    return std::make_unique<GeneratorReader>(split, shape_, std::move(maker), position);
  }

  bool is_bounded() const override { return options_.rows.has_value(); }

 private:
  std::unique_ptr<RowMaker> make_rows(const GeneratorOptions& options, uint32_t split) const {
    switch (options.dataset) {
      case Dataset::kNexmark:
        return std::make_unique<NexmarkRows>(options, split, wanted_, nexmark_);
      case Dataset::kCardTransactions:
        if (options.truth) return std::make_unique<CardTruthRows>(options, split, wanted_);
        return std::make_unique<CardRows>(options, split, wanted_, profiles_);
    }
    unreachable();
  }

  // Constant after construction.
  const GeneratorOptions options_;
  const RowShape shape_;
  const WantedColumns wanted_;
  std::shared_ptr<const NexmarkTables> nexmark_;
  std::shared_ptr<const CardProfiles> profiles_;
};

}  // namespace

Result<std::unique_ptr<Source>> make_generator_source(const GeneratorOptions& options,
                                                      RowShape shape) {
  CHECK(shape.schema != nullptr);
  CHECK(shape.needed.size() == shape.schema->fields.size());
  CHECK(shape.metadata.size() <= shape.schema->fields.size());
  const size_t payload = shape.payload_fields();
  WantedColumns wanted;
  for (size_t i = 0; i < payload; ++i) {
    wanted.fields.push_back(shape.schema->fields[i]);
    wanted.needed.push_back(shape.needed[i]);
  }
  wanted.sources = TRY(find_fields(wanted.fields, dataset_schema(options).fields));
  return std::unique_ptr<Source>(
      std::make_unique<GeneratorSource>(options, std::move(shape), std::move(wanted)));
}

}  // namespace weir
