#include "tests/runtime/tables.h"

#include "engine/data/json_form.h"
#include "engine/expr/build.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

template <typename T>
void append_maybe(ColumnWriter& writer, const std::optional<T>& value) {
  if (value.has_value()) {
    writer.append(*value);
  } else {
    writer.append_null();
  }
}

class ListReader : public SplitReader {
 public:
  ListReader(const Split& split, Rows rows, PlayedSource table, RowShape shape, size_t from)
      : split_(split),
        rows_(std::move(rows)),
        table_(std::move(table)),
        shape_(std::move(shape)),
        next_(from) {}

  Result<ReadOutcome> read(size_t rows_max, int64_t, DecodedRows& out) override {
    if (table_.hesitates) {
      hesitated_ = !hesitated_;
      if (hesitated_) return ReadOutcome{ReadState::kRows, {}};
    }
    const bool breaks = table_.breaks_after.has_value() &&
                        (table_.breaks_left == nullptr || table_.breaks_left->load() > 0);
    if (breaks && next_ >= *table_.breaks_after) {
      if (table_.breaks_left != nullptr) --*table_.breaks_left;
      return unavailable("split " + split_.name + " does not answer");
    }
    const size_t readable = breaks ? std::min(rows_.size(), *table_.breaks_after) : rows_.size();
    const size_t end = std::min(readable, next_ + rows_max);
    Rows good;
    std::vector<int64_t> positions;
    for (; next_ < end; ++next_) {
      ++out.records;
      if (rows_[next_].undecodable) {
        out.bad.push_back({.raw = "?",
                           .position = static_cast<int64_t>(next_),
                           .stage = "decode",
                           .reason = "not a row: ?",
                           .label = "not a row"});
      } else {
        good.push_back(rows_[next_]);
        positions.push_back(static_cast<int64_t>(next_));
      }
    }
    out.batch = batch_of(good, positions);
    if (next_ < rows_.size()) return ReadOutcome{ReadState::kRows, {}};
    return ReadOutcome{table_.endless ? ReadState::kWaiting : ReadState::kEnd, {}};
  }

  SplitPosition position() const override { return std::to_string(next_); }
  std::optional<uint64_t> backlog() const override { return rows_.size() - next_; }

 private:
  RecordBatch batch_of(const Rows& rows, const std::vector<int64_t>& positions) const {
    RecordBatch batch = table_batch(rows);
    batch.schema = shape_.schema;
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      if (!shape_.needed[c].needed) batch.columns[c] = nullptr;
    }
    ColumnWriter splits(TypeKind::kInt, rows.size());
    ColumnWriter places(TypeKind::kBigint, rows.size());
    for (const int64_t position : positions) {
      splits.append(static_cast<int32_t>(split_.id.value()));
      places.append(position);
    }
    batch.split = std::move(splits).finish();
    batch.position = std::move(places).finish();
    return batch;
  }

  const Split split_;
  const Rows rows_;
  const PlayedSource table_;
  const RowShape shape_;
  size_t next_;
  bool hesitated_ = false;
};

class ListSource : public Source {
 public:
  ListSource(Tables& tables, std::string table, RowShape shape)
      : tables_(tables),
        name_(std::move(table)),
        table_(tables.sources.at(name_)),
        shape_(std::move(shape)) {}

  Result<std::vector<Split>> discover() override {
    std::vector<Split> splits;
    for (const auto& [name, rows] : tables_.splits_of(name_)) {
      splits.push_back({.name = name, .source = name_, .number = 0, .id = {}});
    }
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition* from,
                                            bool is_new) override {
    if (is_new) tables_.note_new(name_, split.name);
    if (table_.refuses_to_open) return user_error("cannot open split " + split.name);
    const size_t next = from == nullptr ? 0 : std::stoul(*from);
    return std::unique_ptr<SplitReader>(std::make_unique<ListReader>(
        split, tables_.splits_of(name_).at(split.name), table_, shape_, next));
  }
  bool is_bounded() const override { return !table_.endless; }
  std::optional<int64_t> rediscover_every() const override {
    if (!table_.rediscovers) return std::nullopt;
    return 0;
  }

 private:
  Tables& tables_;
  const std::string name_;
  const PlayedSource table_;
  const RowShape shape_;
};

class ListSink : public Sink {
 public:
  ListSink(Tables& tables, std::string table, uint32_t slot)
      : tables_(tables), name_(std::move(table)), slot_(slot), table_(tables.sink_of(name_)) {
    tables_.count_sink(name_);
  }
  ~ListSink() override { tables_.waker().forget(this); }

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    const Selection selection = batch.selection();
    const size_t count = std::min(selection.size() - from, table_.rows_at_once);
    std::vector<std::string> rows;
    for (size_t i = from; i < from + count; ++i) {
      append_json_row(rows.emplace_back(), batch, selection[i]);
    }
    for (const std::string& row : rows) contents_ += row + "\n";
    written_ += rows.size();
    if (table_.breaks_after.has_value() && written_ > *table_.breaks_after) {
      return unavailable("table " + name_ + " does not answer");
    }
    tables_.write(name_, std::move(rows));
    flushes_ = 0;
    if (from + count < selection.size()) {
      tables_.count_refusal(name_);
      tables_.waker().wake_soon(this, wake_);
    }
    return count;
  }
  Result<Flush> flush() override {
    if (++flushes_ >= table_.flushes_needed) return Flush::kDone;
    tables_.waker().wake_soon(this, wake_);
    return Flush::kMore;
  }
  Result<Segment> seal(CheckpointId) override {
    CHECK(flushes_ >= table_.flushes_needed);
    const uint64_t rows = written_ - sealed_;
    sealed_ = written_;
    return Segment{.contents = std::exchange(contents_, {}), .rows = rows};
  }
  Status deliver(CheckpointId id, const Segment& segment) override {
    if (table_.delivering) table_.delivering();
    tables_.deliver(name_, slot_, id, segment);
    return {};
  }
  void on_wakeup(std::function<void()> wake) override { wake_ = std::move(wake); }
  std::optional<RowTotals> totals() const override { return RowTotals{.rows = written_}; }

 private:
  Tables& tables_;
  const std::string name_;
  const uint32_t slot_;
  const PlayedSink table_;
  std::function<void()> wake_ = [] {};
  std::string contents_;  // Rows, one a line, that were not sealed.
  uint64_t written_ = 0;
  uint64_t sealed_ = 0;
  size_t flushes_ = 0;
};

}  // namespace

Waker::Waker() : thread_([this] { run(); }) {}

Waker::~Waker() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Waker::wake_soon(const void* owner, std::function<void()> wake) {
  {
    const std::lock_guard lock(mutex_);
    calls_.emplace_back(owner, std::move(wake));
  }
  changed_.notify_all();
}

void Waker::forget(const void* owner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(calls_, [owner](const auto& call) { return call.first == owner; });
}

void Waker::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    changed_.wait(lock, [this] { return stopped_ || !calls_.empty(); });
    for (; !calls_.empty(); calls_.pop_front()) calls_.front().second();
  }
}

ConnectorFactory Tables::factory() {
  return {
      .source = [this](const SourceSpec& spec,
                       const RowShape& shape) -> Result<std::unique_ptr<Source>> {
        if (!sources.contains(spec.table)) return user_error("no table " + spec.table);
        return std::unique_ptr<Source>(std::make_unique<ListSource>(*this, spec.table, shape));
      },
      .sink = [this](const SinkSpec& spec, const SinkLane& lane) -> Result<std::unique_ptr<Sink>> {
        return std::unique_ptr<Sink>(std::make_unique<ListSink>(*this, spec.table, lane.slot));
      }};
}

PlayedSink Tables::sink_of(const std::string& table) const {
  const auto found = sinks.find(table);
  return found == sinks.end() ? PlayedSink() : found->second;
}

Written Tables::written(const std::string& table) const {
  const std::lock_guard lock(mutex_);
  const auto found = written_.find(table);
  return found == written_.end() ? Written() : found->second;
}

void Tables::wait_for_rows(const std::string& table, size_t rows) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const auto found = written_.find(table);
    return found != written_.end() && found->second.rows.size() >= rows;
  });
}

void Tables::wait_for_delivered(const std::string& table, size_t rows) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const auto found = written_.find(table);
    return found != written_.end() && found->second.delivered.size() >= rows;
  });
}

void Tables::add_split(const std::string& table, const std::string& name, Rows rows) {
  const std::lock_guard lock(mutex_);
  sources.at(table).splits[name] = std::move(rows);
}

void Tables::write(const std::string& table, std::vector<std::string> rows) {
  {
    const std::lock_guard lock(mutex_);
    Written& to = written_[table];
    for (std::string& row : rows) to.rows.push_back(std::move(row));
  }
  changed_.notify_all();
}

void Tables::deliver(const std::string& table, uint32_t slot, CheckpointId id,
                     const Segment& segment) {
  const std::lock_guard lock(mutex_);
  Written& to = written_[table];
  if (!to.segments.emplace(slot, id).second) return;
  std::istringstream contents(segment.contents);
  for (std::string row; std::getline(contents, row);) to.delivered.push_back(row);
  changed_.notify_all();
}

void Tables::note_new(const std::string& table, const std::string& split) {
  const std::lock_guard lock(mutex_);
  opened_as_new_.emplace(table, split);
}

bool Tables::was_opened_as_new(const std::string& table, const std::string& split) const {
  const std::lock_guard lock(mutex_);
  return opened_as_new_.contains({table, split});
}

void Tables::count_refusal(const std::string& table) {
  const std::lock_guard lock(mutex_);
  ++written_[table].refusals;
}

void Tables::count_sink(const std::string& table) {
  const std::lock_guard lock(mutex_);
  ++written_[table].sinks;
}

std::map<std::string, Rows> Tables::splits_of(const std::string& table) const {
  const std::lock_guard lock(mutex_);
  return sources.at(table).splits;
}

SchemaPtr table_schema() {
  static const SchemaPtr schema =
      std::make_shared<const Schema>(Schema{{{.name = "k", .type = TypeKind::kText},
                                             {.name = "v", .type = TypeKind::kBigint},
                                             {.name = "at", .type = TypeKind::kTimestamptz}}});
  return schema;
}

RecordBatch table_batch(const Rows& rows) {
  ColumnWriter keys(TypeKind::kText, rows.size());
  ColumnWriter values(TypeKind::kBigint, rows.size());
  ColumnWriter times(TypeKind::kTimestamptz, rows.size());
  for (const Row& row : rows) {
    if (row.k.has_value()) {
      keys.append_text(*row.k);
    } else {
      keys.append_null();
    }
    append_maybe(values, row.v);
    times.append(row.at * kSecond);
  }
  RecordBatch batch;
  batch.schema = table_schema();
  batch.rows = static_cast<uint32_t>(rows.size());
  batch.columns = {std::move(keys).finish(), std::move(values).finish(), std::move(times).finish()};
  return batch;
}

SourceSpec source_spec(const std::string& table) {
  SourceSpec spec;
  spec.table = table;
  spec.connector = "list";
  spec.payload = table_schema()->fields;
  for (size_t i = 0; i < spec.payload.size(); ++i) {
    spec.columns.push_back({spec.payload[i].name, make_column(i, spec.payload[i].type)});
  }
  spec.event_time = "at";
  return spec;
}

SinkSpec sink_spec(const std::string& table, const SchemaPtr& schema) {
  SinkSpec spec;
  spec.table = table;
  spec.connector = "list";
  spec.columns = schema->fields;
  for (Field& field : spec.columns) field.event_time = false;
  return spec;
}

RowShape table_shape() {
  return {.schema = table_schema(),
          .needed = all_needed(*table_schema()),
          .metadata = {},
          .with_position = true};
}

std::vector<std::string> json_of(const RecordBatch& batch) {
  std::vector<std::string> rows;
  batch.selection().each([&](uint32_t row) { append_json_row(rows.emplace_back(), batch, row); });
  return rows;
}

std::vector<std::string> json_of(const Rows& rows) { return json_of(table_batch(rows)); }

std::vector<std::string> sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows many_rows(size_t count, int64_t first_second) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.push_back({.k = "k" + std::to_string(i * i % 7),
                    .v = static_cast<int64_t>(i),
                    .at = first_second + static_cast<int64_t>(i)});
  }
  return rows;
}

}  // namespace weir
