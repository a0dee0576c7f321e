// Goal: rows are seen as soon as the input rests, and nothing that was seen goes away, whenever the
// writer dies. Method: sinks made, flushed, sealed and thrown away; after each, what a reader of
// the folder sees.
#include "operators/connectors/file/through_file_sink.h"

#include "engine/data/scalar.h"
#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

#include <map>

namespace weir {
namespace {

using testing::Folder;
using Files = std::map<std::string, std::string>;

SchemaPtr text_schema() {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{"t", TypeKind::kText}};
  return schema;
}

class Writer {
 public:
  explicit Writer(const Folder& folder, uint64_t base = 0, FileSinkOptions options = {}) {
    options.path = folder / "out";
    sink_ = *make_through_file_sink(options, {.format = "csv"}, *text_schema(),
                                    {.lineage = "a", .sink = "o", .slot = 3});
    REQUIRE(sink_->prepare({.base = {Generation(1), Epoch(base)}}).ok());
  }

  void write(const std::string& text) {
    ColumnWriter column(TypeKind::kText, 1);
    column.append_text(text);
    RecordBatch batch;
    batch.schema = text_schema();
    batch.rows = 1;
    batch.columns = {std::move(column).finish()};
    CHECK(*sink_->write(batch, 0) == 1);
  }
  void rest() { CHECK(*sink_->flush() == Flush::kDone); }
  void checkpoint(uint64_t epoch, uint64_t rows) {
    rest();
    const CheckpointId id{Generation(1), Epoch(epoch)};
    const Segment segment = *sink_->seal(id);
    CHECK(segment.contents.empty());
    CHECK(segment.rows == rows);
    CHECK(sink_->deliver(id, segment).ok());
  }

 private:
  std::unique_ptr<Sink> sink_;
};

// But for hidden files.
Files seen_in(const Folder& folder) {
  Files seen;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(".")) seen.emplace(name, folder.contents("out/" + name));
  }
  return seen;
}

TEST_CASE("RowsAreSeenBeforeTheirCheckpoint") {
  const Folder folder;
  Writer writer(folder);
  writer.write("a");
  writer.rest();
  CHECK(seen_in(folder) == Files{{"part-3-0000000001-000000.csv", "t\na\n"}});
  writer.write("b");
  writer.rest();
  CHECK(seen_in(folder) == Files{{"part-3-0000000001-000000.csv", "t\na\nb\n"}});
}

TEST_CASE("ACheckpointEndsTheFile") {
  const Folder folder;
  Writer writer(folder);
  writer.write("a");
  writer.checkpoint(1, 1);
  writer.checkpoint(2, 0);
  writer.write("b");
  writer.write("c");
  writer.checkpoint(3, 2);
  CHECK(seen_in(folder) == Files{{"part-3-0000000001-000000.csv", "t\na\n"},
                                 {"part-3-0000000003-000000.csv", "t\nb\nc\n"}});
}

TEST_CASE("WhatALifeThatDiedHasShownStays") {
  const Folder folder;
  {
    Writer writer(folder);
    writer.write("a");
    writer.checkpoint(1, 1);
    writer.write("b");
    writer.rest();
  }
  Writer restored(folder, 1);
  restored.write("b");
  restored.checkpoint(2, 1);
  restored.write("c");
  restored.rest();
  CHECK(seen_in(folder) == Files{{"part-3-0000000001-000000.csv", "t\na\n"},
                                 {"part-3-0000000002-000000.csv", "t\nb\n"},
                                 {"part-3-0000000002-000001.csv", "t\nb\n"},
                                 {"part-3-0000000003-000000.csv", "t\nc\n"}});
}

TEST_CASE("RollBytesEndsAFileThatIsSeen") {
  const Folder folder;
  Writer writer(folder, 0, {.roll_bytes = 4});
  writer.write("a");
  writer.write("b");
  writer.checkpoint(1, 2);
  CHECK(seen_in(folder) == Files{{"part-3-0000000001-000000.csv", "t\na\n"},
                                 {"part-3-0000000001-000001.csv", "t\nb\n"}});
}

}  // namespace
}  // namespace weir
