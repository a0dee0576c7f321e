// Goal: a reader of the folder sees each epoch whole and once, whenever the writer dies. Method:
// sinks made, sealed, delivered and thrown away in every order that a job may come upon; after
// each, the names in the folder.
#include "operators/connectors/file/file_sink.h"

#include "engine/data/scalar.h"
#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;
using Names = std::vector<std::string>;

SchemaPtr text_schema() {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{"t", TypeKind::kText}};
  return schema;
}

RecordBatch batch_of(const std::vector<std::string>& texts) {
  ColumnWriter writer(TypeKind::kText, texts.size());
  for (const std::string& text : texts) writer.append_text(text);
  RecordBatch batch;
  batch.schema = text_schema();
  batch.rows = static_cast<uint32_t>(texts.size());
  batch.columns = {std::move(writer).finish()};
  return batch;
}

const SinkLane kFirst = {.generation = Generation(1)};

Result<std::unique_ptr<Sink>> try_sink(const Folder& folder, SinkLane lane = kFirst,
                                       FormatOptions format = {}, FileSinkOptions options = {}) {
  options.path = folder / "out";
  return make_file_sink(options, format, *text_schema(), lane);
}

std::unique_ptr<Sink> sink_in(const Folder& folder, SinkLane lane = kFirst) {
  return *try_sink(folder, lane);
}

const SinkLane kRestored = {.generation = Generation(2), .is_restored = true};

CheckpointId id_of(uint64_t epoch, uint64_t generation = 1) {
  return {Generation(generation), Epoch(epoch)};
}

Segment write_and_seal(Sink& sink, const std::vector<std::string>& texts, uint64_t epoch,
                       uint64_t generation = 1) {
  const RecordBatch batch = batch_of(texts);
  CHECK(*sink.write(batch, 0) == texts.size());
  CHECK(*sink.flush() == Flush::kDone);
  return *sink.seal(id_of(epoch, generation));
}

Names names_in(const Folder& folder) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out")) {
    const std::string name = entry.path().filename().string();
    if (name != ".weir.lock") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_CASE("ShowsAnEpochWhenItIsDelivered") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = write_and_seal(*sink, {"a", "b"}, 1);
  CHECK(segment.rows == 2);
  CHECK(names_in(folder) == Names{".part-0-0000000001-000000.json.1.sealed"});
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  CHECK(names_in(folder) == Names{"part-0-0000000001-000000.json"});
  CHECK(folder.contents("out/part-0-0000000001-000000.json") == "{\"t\":\"a\"}\n{\"t\":\"b\"}\n");
}

TEST_CASE("DeliversTwiceWithTheSameResult") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = write_and_seal(*sink, {"a"}, 1);
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  CHECK(names_in(folder) == Names{"part-0-0000000001-000000.json"});
}

TEST_CASE("AnEpochWithoutRowsMakesNoFile") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = *sink->seal(id_of(1));
  CHECK(segment.rows == 0);
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  CHECK(names_in(folder).empty());
}

TEST_CASE("EpochsOverlapWithTheirDelivery") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment first = write_and_seal(*sink, {"a"}, 1);
  const Segment second = write_and_seal(*sink, {"b"}, 2);
  CHECK(*sink->write(batch_of({"c"}), 0) == 1);
  REQUIRE(sink->deliver(id_of(1), first).ok());
  REQUIRE(sink->deliver(id_of(2), second).ok());
  CHECK(names_in(folder) == Names{".part-0-open-1-2.tmp", "part-0-0000000001-000000.json",
                                  "part-0-0000000002-000000.json"});
}

TEST_CASE("ANewSinkRemovesWhatWasLeftOpenByItsSlotOnly") {
  const Folder folder;
  auto other = sink_in(folder, {.slot = 10, .generation = Generation(1)});
  CHECK(*other->write(batch_of({"other"}), 0) == 1);
  sink_in(folder, {.slot = 1, .generation = Generation(1)})->write(batch_of({"lost"}), 0).value();
  CHECK(names_in(folder).size() == 2);
  auto sink = sink_in(folder, {.slot = 1, .generation = Generation(1)});
  CHECK(names_in(folder) == Names{".part-10-open-1-0.tmp"});
}

TEST_CASE("ANewSinkDeliversWhatAnEarlierOneSealed") {
  const Folder folder;
  const Segment segment = write_and_seal(*sink_in(folder), {"a"}, 1);
  auto restored = sink_in(folder, kRestored);
  REQUIRE(restored->deliver(id_of(1), segment).ok());
  REQUIRE(restored->deliver(id_of(1), segment).ok());
  CHECK(names_in(folder) == Names{"part-0-0000000001-000000.json"});
}

TEST_CASE("FilesOfAnEpochThatIsWrittenAgainAreReplaced") {
  const Folder folder;
  {
    auto sink = *try_sink(folder, kFirst, {}, {.roll_bytes = 1});
    REQUIRE(sink->deliver(id_of(1), write_and_seal(*sink, {"a"}, 1)).ok());
    write_and_seal(*sink, {"b", "c"}, 2);  // Its checkpoint does not complete,
    write_and_seal(*sink, {"d"}, 3);       // nor does this one's.
  }
  auto restored = sink_in(folder, kRestored);
  const Segment segment = write_and_seal(*restored, {"b"}, 2, 2);
  CHECK(names_in(folder) ==
        Names{".part-0-0000000002-000000.json.2.sealed", "part-0-0000000001-000000.json"});
  REQUIRE(restored->deliver(id_of(2, 2), segment).ok());
  CHECK(folder.contents("out/part-0-0000000002-000000.json") == "{\"t\":\"b\"}\n");
}

TEST_CASE("AStaleWriterTouchesNothingOfALaterLife") {
  const Folder folder;
  auto stale = sink_in(folder);
  CHECK(*stale->write(batch_of({"stale"}), 0) == 1);
  auto later = sink_in(folder, kRestored);
  CHECK(*later->write(batch_of({"b"}), 0) == 1);
  sink_in(folder, {.generation = Generation(1), .is_restored = true});  // Made late.
  CHECK(names_in(folder) == Names{".part-0-open-2-0.tmp"});
  CHECK_FALSE(stale->seal(id_of(1)).ok());  // Its file was thrown away.
  const Segment segment = *later->seal(id_of(1, 2));
  write_and_seal(*sink_in(folder, {.generation = Generation(1), .is_restored = true}), {"c"}, 1);
  CHECK(names_in(folder) == Names{".part-0-0000000001-000000.json.1.sealed",
                                  ".part-0-0000000001-000000.json.2.sealed"});
  REQUIRE(later->deliver(id_of(1, 2), segment).ok());
  CHECK(folder.contents("out/part-0-0000000001-000000.json") == "{\"t\":\"b\"}\n");
}

TEST_CASE("WhatALaterLifeDoesNotWriteAgainIsKeptForIt") {
  const Folder folder;
  auto first = sink_in(folder);
  const Segment one = write_and_seal(*first, {"a"}, 1);
  write_and_seal(*first, {"b"}, 2);
  auto restored = sink_in(folder, kRestored);
  const Segment two = write_and_seal(*restored, {"c"}, 2, 2);
  REQUIRE(restored->deliver(id_of(1), one).ok());
  REQUIRE(restored->deliver(id_of(2, 2), two).ok());
  CHECK(names_in(folder) ==
        Names{"part-0-0000000001-000000.json", "part-0-0000000002-000000.json"});
}

TEST_CASE("TheFirstSlotRemovesWhatSlotsLeftThatAreNoMore") {
  const Folder folder;
  for (const uint32_t slot : {0U, 1U, 2U}) {
    auto sink = sink_in(folder, {.slot = slot, .generation = Generation(1)});
    write_and_seal(*sink, {"a"}, 1);  // Its checkpoint does not complete.
    sink->write(batch_of({"b"}), 0).value();
  }
  folder.put("out/.part-of-something-else", "");
  REQUIRE(sink_in(folder, {.slot = 1, .generation = Generation(2)})->prepare({.slots = 2}).ok());
  CHECK(names_in(folder).size() == 6);  // All but what the slot itself had open.
  REQUIRE(sink_in(folder, {.generation = Generation(2)})->prepare({.slots = 2}).ok());
  CHECK(names_in(folder) == Names{".part-0-0000000001-000000.json.1.sealed",
                                  ".part-1-0000000001-000000.json.1.sealed",
                                  ".part-of-something-else"});
}

TEST_CASE("AFreshJobRefusesAFolderWithPartFiles") {
  const Folder folder;
  auto sink = sink_in(folder);
  REQUIRE(sink->deliver(id_of(1), write_and_seal(*sink, {"a"}, 1)).ok());
  const auto refused = try_sink(folder, {.slot = 5});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUser);
  CHECK(refused.error().message.find("part-0-0000000001-000000.json") != std::string::npos);
}

TEST_CASE("AJobThatGoesBackBeforeWhatIsShownIsRefused") {
  const Folder folder;
  auto first = sink_in(folder, {.slot = 1, .generation = Generation(1)});
  REQUIRE(first->prepare({.is_new = true}).ok());
  for (const uint64_t epoch : {3, 5}) {
    REQUIRE(first->deliver(id_of(epoch), write_and_seal(*first, {"a"}, epoch)).ok());
  }
  write_and_seal(*first, {"b"}, 6);  // Its checkpoint does not complete.
  folder.put("out/part-of-something-else-9", "");
  auto again = sink_in(folder, kRestored);
  const Status refused = again->prepare({.base = id_of(4)});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK(refused.error().message.find("refusing to rewind") == 0);
  CHECK(refused.error().message.find("part-1-0000000005-000000.json") != std::string::npos);
  CHECK(again->prepare({.base = id_of(5)}).ok());
  std::filesystem::remove(folder / "out/part-1-0000000005-000000.json");
  CHECK(again->prepare({.base = id_of(4)}).ok());
}

TEST_CASE("AFolderHasOneWriterAtATime") {
  const Folder folder;
  auto sink = sink_in(folder, {.lineage = "a", .sink = "o", .generation = Generation(1)});
  CHECK(*sink->write(batch_of({"a"}), 0) == 1);
  for (const SinkLane& other :
       {SinkLane{.lineage = "b", .sink = "o", .is_restored = true},
        SinkLane{.lineage = "b", .sink = "o", .slot = 1}, SinkLane{.lineage = "a", .sink = "p"}}) {
    const auto refused = try_sink(folder, other);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kUser);
    CHECK(refused.error().message.find(folder / "out") != std::string::npos);
  }
  CHECK(names_in(folder) == Names{".part-0-open-1-0.tmp"});
  CHECK(try_sink(folder, {.lineage = "a", .sink = "o", .slot = 1}).ok());
  sink.reset();
  CHECK(try_sink(folder, {.lineage = "b", .sink = "o", .generation = Generation(1)}).ok());
}

TEST_CASE("NeverWritesOverAnothersFile") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = write_and_seal(*sink, {"a"}, 1);
  folder.put("out/part-0-0000000001-000000.json", "other");
  CHECK(sink->deliver(id_of(1), segment).error().kind == ErrorKind::kUser);
  CHECK(folder.contents("out/part-0-0000000001-000000.json") == "other");
}

TEST_CASE("SaysThatASealedFileIsGone") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = write_and_seal(*sink, {"a"}, 1);
  std::filesystem::remove(folder / "out/.part-0-0000000001-000000.json.1.sealed");
  CHECK(sink->deliver(id_of(1), segment).error().kind == ErrorKind::kCorrupt);
}

// What delivering says in a later life, after something has been done to the folder.
Error later_refusal(const Folder& folder, const Segment& segment) {
  const Status refused = sink_in(folder, kRestored)->deliver(id_of(1), segment);
  REQUIRE_FALSE(refused.ok());
  return refused.error();
}

TEST_CASE("ASealedFileThatHasChangedIsNotDelivered") {
  const Folder folder;
  const Segment segment = write_and_seal(*sink_in(folder), {"a", "b"}, 1);
  const std::string name = ".part-0-0000000001-000000.json.1.sealed";
  const std::string written = folder.contents("out/" + name);
  for (const std::string& changed : {written.substr(0, written.size() / 2), written + "\n",
                                     "x" + written.substr(1), std::string()}) {
    folder.put("out/" + name, changed);
    const Error refused = later_refusal(folder, segment);
    CHECK(refused.kind == ErrorKind::kCorrupt);
    CHECK(refused.message.find(name) != std::string::npos);
    CHECK(names_in(folder) == Names{name});
  }
  folder.put("out/" + name, written);
  CHECK(sink_in(folder, kRestored)->deliver(id_of(1), segment).ok());
}

TEST_CASE("AFileThatWasShownIsTheOneThatWasSealed") {
  const Folder folder;
  auto sink = sink_in(folder);
  const Segment segment = write_and_seal(*sink, {"a"}, 1);
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  folder.put("out/part-0-0000000001-000000.json", "another's");
  CHECK(later_refusal(folder, segment).kind == ErrorKind::kCorrupt);
}

constexpr int64_t kMinute = 60'000'000;

// Sees what each file of the epoch holds when rows come at these times.
std::vector<std::string> files_of(const std::vector<std::pair<int64_t, std::string>>& rows,
                                  std::optional<int64_t> roll_interval) {
  const Folder folder;
  auto sink = *try_sink(folder, kFirst, {}, {.roll_interval = roll_interval});
  for (const auto& [now, text] : rows) {
    sink->tell_time(now);
    CHECK(*sink->write(batch_of({text}), 0) == 1);
  }
  const Segment segment = *sink->seal(id_of(1));
  CHECK(segment.rows == rows.size());
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  std::vector<std::string> contents;
  for (const std::string& name : names_in(folder)) {
    contents.push_back(folder.contents("out/" + name));
  }
  return contents;
}

std::string lines_of(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += "{\"t\":\"" + text + "\"}\n";
  return lines;
}

TEST_CASE("RollIntervalCutsAnEpochByTheClock") {
  const int64_t start = 7 * kMinute;
  CHECK(files_of({{start, "a"},
                  {start + kMinute - 1, "b"},
                  {start + kMinute, "c"},
                  {start + kMinute + 1, "d"},
                  {start + 5 * kMinute, "e"}},
                 kMinute) == Names{lines_of({"a", "b"}), lines_of({"c", "d"}), lines_of({"e"})});
}

TEST_CASE("NamesOfFilesSortInTheOrderOfTheirRows") {
  std::vector<std::pair<int64_t, std::string>> rows;
  Names files;
  for (char text = 'a'; text <= 'l'; ++text) {
    rows.emplace_back((text - 'a') * kMinute, std::string(1, text));
    files.push_back(lines_of({std::string(1, text)}));
  }
  CHECK(files_of(rows, kMinute) == files);
}

TEST_CASE("WithoutRollIntervalTheClockCutsNothing") {
  CHECK(files_of({{0, "a"}, {500 * kMinute, "b"}}, std::nullopt) == Names{lines_of({"a", "b"})});
}

TEST_CASE("AClockThatIsSetBackEndsAFileThatGoesByIt") {
  CHECK(files_of({{9 * kMinute, "a"}, {kMinute, "b"}, {kMinute + 1, "c"}}, kMinute) ==
        Names{lines_of({"a"}), lines_of({"b", "c"})});
}

TEST_CASE("ACheckpointEndsAFileWhoseIntervalIsNotOver") {
  const Folder folder;
  auto sink = *try_sink(folder, kFirst, {}, {.roll_interval = kMinute});
  for (const uint64_t epoch : {1, 2}) {
    REQUIRE(sink->deliver(id_of(epoch), write_and_seal(*sink, {"a"}, epoch)).ok());
  }
  CHECK(names_in(folder) ==
        Names{"part-0-0000000001-000000.json", "part-0-0000000002-000000.json"});
}

TEST_CASE("RollBytesCutsAnEpochIntoSeveralFiles") {
  const Folder folder;
  auto sink = *try_sink(folder, kFirst, {.format = "csv"}, {.roll_bytes = 9});
  const Segment segment = write_and_seal(*sink, {"aaa", "bbb", "ccc"}, 4);
  CHECK(segment.rows == 3);
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  CHECK(names_in(folder) == Names{"part-0-0000000004-000000.csv", "part-0-0000000004-000001.csv"});
  CHECK(folder.contents("out/part-0-0000000004-000000.csv") == "t\naaa\nbbb\n");
  CHECK(folder.contents("out/part-0-0000000004-000001.csv") == "t\nccc\n");
}

TEST_CASE("WritesTheSelectedRowsFromTheGivenOneOn") {
  const Folder folder;
  auto sink = sink_in(folder);
  const RecordBatch batch = with_selection(batch_of({"a", "b", "c", "d"}), {1, 2, 3});
  CHECK(*sink->write(batch, 1) == 2);
  REQUIRE(sink->deliver(id_of(1), *sink->seal(id_of(1))).ok());
  CHECK(folder.contents("out/part-0-0000000001-000000.json") == "{\"t\":\"c\"}\n{\"t\":\"d\"}\n");
}

TEST_CASE("RawRowsMustNotHoldLineFeeds") {
  const Folder folder;
  auto sink = *try_sink(folder, kFirst, {.format = "raw"});
  CHECK(sink->write(batch_of({"a\nb"}), 0).error().kind == ErrorKind::kBadData);
  CHECK(*sink->write(batch_of({"ab"}), 0) == 1);
  REQUIRE(sink->deliver(id_of(1), *sink->seal(id_of(1))).ok());
  CHECK(folder.contents("out/part-0-0000000001-000000.raw") == "ab\n");
}

TEST_CASE("WritesMoreThanItsBufferHolds") {
  const Folder folder;
  auto sink = sink_in(folder);
  const std::vector<std::string> texts(50, std::string(20'000, 'x'));
  const Segment segment = write_and_seal(*sink, texts, 1);
  REQUIRE(sink->deliver(id_of(1), segment).ok());
  CHECK(folder.contents("out/part-0-0000000001-000000.json").size() == 50 * 20'009);
}

TEST_CASE("SaysThatAFolderCannotBeMade") {
  const Folder folder;
  folder.put("out", "a file");
  CHECK(try_sink(folder).error().kind == ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
