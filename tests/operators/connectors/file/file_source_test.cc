// Goal: which splits there are, and how a watched folder is followed. Method: a folder that changes
// between calls; the clock is a number.
#include "operators/connectors/file/file_source.h"

#include "tests/operators/connectors/file/compressing.h"
#include "tests/operators/connectors/file/folder.h"
#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

using testing::Folder;
using testing::read_all;
using testing::Reading;

RowShape lines() {
  RowShape shape = testing::shape_of({{"line", TypeKind::kText}, {"file", TypeKind::kText}});
  shape.metadata = {{MetadataKind::kSource, ""}};
  return shape;
}

std::unique_ptr<Source> source_of(FileSourceOptions options, RowShape shape = lines()) {
  return *make_file_source(std::move(options), {.format = "raw"}, std::move(shape));
}

std::unique_ptr<SplitReader> open(Source& source, const Split& split) {
  return *source.open(split, nullptr, false);
}

std::string line(const std::string& text, const std::string& file) {
  return "{\"line\":\"" + text + "\",\"file\":\"" + file + "\"}";
}

TEST_CASE("EachFileIsASplitNumberedByName") {
  const Folder folder;
  folder.put("b", "2\n");
  folder.put("a", "1");
  auto source = source_of({.path = folder.path()});
  CHECK(source->is_bounded());
  CHECK_FALSE(source->rediscover_every().has_value());
  const std::vector<Split> splits = *source->discover();
  REQUIRE(splits.size() == 2);
  CHECK(splits[0].name == "a");
  CHECK(splits[1].number == 1);
  CHECK(splits[1].source == folder / "b");
  CHECK(read_all(*open(*source, splits[0])).rows ==
        std::vector<std::string>{line("1", folder / "a")});
  CHECK(read_all(*open(*source, splits[1])).rows ==
        std::vector<std::string>{line("2", folder / "b")});
}

std::unique_ptr<Source> ranges(const std::string& path, uint64_t bytes) {
  return source_of({.path = path, .splits = FileSplits::kRange, .range_bytes = bytes});
}

// Splits are opened by another Source than the one that discovered them, as a job does it.
std::vector<std::string> read_ranges(const std::string& path, uint64_t bytes) {
  std::vector<std::string> rows;
  for (const Split& split : *ranges(path, bytes)->discover()) {
    for (const std::string& row : read_all(*open(*ranges(path, bytes), split)).rows) {
      rows.push_back(row);
    }
  }
  return rows;
}

TEST_CASE("EachRecordBelongsToTheRangeThatItBeginsIn") {
  const Folder folder;
  const std::string text = "one\ntwo\n\nthree3\nfour\nlast";
  const std::string f = folder.put("f", text);
  for (uint64_t bytes = 1; bytes <= text.size() + 1; ++bytes) {
    INFO(bytes);
    CHECK(read_ranges(f, bytes) == std::vector<std::string>{line("one", f), line("two", f),
                                                            line("", f), line("three3", f),
                                                            line("four", f), line("last", f)});
  }
}

TEST_CASE("ARangeGoesOnFromWhereItWas") {
  const Folder folder;
  const std::string f = folder.put("f", "aa\nbb\ncc\ndd\nee\n");
  const std::vector<Split> splits = *ranges(f, 8)->discover();
  REQUIRE(splits.size() == 2);
  CHECK(splits[0].name == f);
  CHECK(splits[1].name == f + "@8");
  const auto go_on = [&](const Split& split, const SplitPosition& position) {
    return read_all(**ranges(f, 8)->open(split, &position, false)).rows;
  };
  CHECK(go_on(splits[0], "6") == std::vector<std::string>{line("cc", f)});
  CHECK(go_on(splits[1], "0") == std::vector<std::string>{line("dd", f), line("ee", f)});
  CHECK(go_on(splits[1], "12") == std::vector<std::string>{line("ee", f)});
}

TEST_CASE("ARangeEndsInTheSamePlaceWhenItsFileHasGrown") {
  const Folder folder;
  const std::string f = folder.put("f", "aa\nbb\ncc\n");
  const std::vector<Split> before = *ranges(f, 8)->discover();
  folder.add("f", "dd\nee\nff\ngg\n");
  std::vector<std::string> rows;
  for (const Split& split : before) {
    for (const std::string& row : read_all(*open(*ranges(f, 8), split)).rows) rows.push_back(row);
  }
  CHECK(rows == std::vector<std::string>{line("aa", f), line("bb", f), line("cc", f), line("dd", f),
                                         line("ee", f), line("ff", f)});
  const std::vector<Split> after = *ranges(f, 8)->discover();
  REQUIRE(after.size() == 3);
  CHECK(after[0].name == before[0].name);
  CHECK(after[1].name == before[1].name);
  CHECK(read_all(*open(*ranges(f, 8), after[2])).rows == std::vector<std::string>{line("gg", f)});
}

TEST_CASE("AFileWithTheNameOfARangeIsReadAsWell") {
  const Folder folder;
  const std::string f = folder.put("f", "aa\nbb\ncc\n");
  const std::string f8 = folder.put("f@8", "dd\nee\nff\n");
  CHECK(read_ranges(folder.path(), 8) == std::vector<std::string>{line("aa", f), line("bb", f),
                                                                  line("cc", f), line("dd", f8),
                                                                  line("ee", f8), line("ff", f8)});
  std::set<std::string> names;
  for (const Split& split : *ranges(folder.path(), 8)->discover()) names.insert(split.name);
  CHECK(names == std::set<std::string>{"f", "f@8", "f@8@0", "f@8@8"});
}

TEST_CASE("ACompressedFileIsOneRange") {
  const Folder folder;
  const std::string path = folder.put("a.gz", testing::gzip_of("1\n2\n3\n4\n5\n6\n"));
  CHECK(ranges(path, 4)->discover()->size() == 1);
  CHECK(read_ranges(path, 4).size() == 6);
}

TEST_CASE("ARangeKnowsHowMuchOfItIsLeft") {
  const Folder folder;
  const std::string f = folder.put("f", "aa\nbb\ncc\ndd\nee\n");
  auto reader = open(*ranges(f, 8), (*ranges(f, 8)->discover())[0]);
  DecodedRows rows;
  REQUIRE(reader->read(1, 0, rows).ok());
  CHECK(reader->backlog() == 5);
}

TEST_CASE("ASequenceIsOneSplitInOrderOfNames") {
  const Folder folder;
  folder.put("log.2", "3\n4");
  folder.put("log.1", "1\n2\n");
  auto source = source_of({.path = folder / "log.*", .splits = FileSplits::kSequence});
  const std::vector<Split> splits = *source->discover();
  REQUIRE(splits.size() == 1);
  const Reading reading = read_all(*open(*source, splits[0]));
  CHECK(reading.rows ==
        std::vector<std::string>{line("1", folder / "log.1"), line("2", folder / "log.1"),
                                 line("3", folder / "log.2"), line("4", folder / "log.2")});
  CHECK(reading.outcome.state == ReadState::kEnd);
}

TEST_CASE("PositionsOfASequenceRiseOverItsFiles") {
  const Folder folder;
  folder.put("1", "a\nb\n");
  folder.put("2", "c\n");
  RowShape shape = lines();
  shape.with_position = true;
  auto source = source_of({.path = folder.path(), .splits = FileSplits::kSequence}, shape);
  auto reader = open(*source, (*source->discover())[0]);
  DecodedRows first;
  REQUIRE(reader->read(10, 0, first).ok());
  DecodedRows second;
  REQUIRE(reader->read(10, 0, second).ok());
  CHECK(first.batch.position->values<int64_t>()[1] == 2);
  CHECK(second.batch.position->values<int64_t>()[0] == 4);
}

TEST_CASE("MissingFilesAreTheUsersError") {
  const Folder folder;
  CHECK(source_of({.path = folder / "gone"})->discover().error().kind == ErrorKind::kUser);
  CHECK(source_of({.path = folder.path()})->discover().error().kind == ErrorKind::kUser);
  CHECK(source_of({.path = folder / "*.json"})->discover().error().kind == ErrorKind::kUser);
  CHECK((*source_of({.path = folder.path(), .keep_watching = true})->discover()).empty());
  CHECK((*source_of({.path = folder.path(), .keep_watching = true, .splits = FileSplits::kSequence})
              ->discover())
            .empty());
}

TEST_CASE("FormatsThatDoNotFitAreTheUsersError") {
  const auto source = make_file_source({.path = "x"}, {.format = "raw"},
                                       testing::shape_of({{"a", TypeKind::kInt}}));
  CHECK(source.error().kind == ErrorKind::kUser);
}

TEST_CASE("AWatchedFolderGivesNewFilesNewNumbers") {
  const Folder folder;
  folder.put("m", "");
  auto source = source_of({.path = folder.path(), .keep_watching = true});
  CHECK_FALSE(source->is_bounded());
  CHECK(source->rediscover_every().has_value());
  CHECK((*source->discover())[0].number == 0);
  folder.put("a", "");
  folder.put("z", "");
  const std::vector<Split> splits = *source->discover();
  REQUIRE(splits.size() == 3);
  CHECK(splits[0].number == 1);
  CHECK(splits[1].number == 0);
  CHECK(splits[2].number == 2);
}

TEST_CASE("AGrowingFileGivesOnlyWholeLines") {
  const Folder folder;
  const std::string path = folder.put("a", "1\n2");
  auto source = source_of({.path = path, .keep_watching = true});
  auto reader = open(*source, (*source->discover())[0]);
  Reading reading = read_all(*reader, 10, 5'000);
  CHECK(reading.rows == std::vector<std::string>{line("1", path)});
  CHECK(reading.outcome.state == ReadState::kWaiting);
  CHECK(reading.outcome.wake_at == 255'000);
  const SplitPosition waiting = reader->position();
  folder.add("a", "2\n3");
  reading = read_all(*reader);
  CHECK(reading.rows == std::vector<std::string>{line("22", path)});
  auto again = *source->open((*source->discover())[0], &waiting, false);
  CHECK(read_all(*again).rows == reading.rows);
}

TEST_CASE("AWatchedSequenceGoesOnWithTheNextFile") {
  const Folder folder;
  folder.put("1", "a");
  auto source =
      source_of({.path = folder.path(), .keep_watching = true, .splits = FileSplits::kSequence});
  auto reader = open(*source, (*source->discover())[0]);
  CHECK(read_all(*reader).rows.empty());
  folder.add("1", "b\nc");
  folder.put("2", "d\ne");
  CHECK(read_all(*reader).rows == std::vector<std::string>{line("ab", folder / "1"),
                                                           line("c", folder / "1"),
                                                           line("d", folder / "2")});
  folder.put("0", "never read\n");
  folder.put("3", "");
  CHECK(read_all(*reader).rows == std::vector<std::string>{line("e", folder / "2")});
}

TEST_CASE("AWatchedCompressedFileMayBeIncomplete") {
  const Folder folder;
  const std::string whole = testing::gzip_of("1\n2\n");
  const std::string path = folder.put("a.gz", whole.substr(0, 12));
  auto source = source_of({.path = path, .keep_watching = true});
  auto reader = open(*source, (*source->discover())[0]);
  CHECK(read_all(*reader).outcome.state == ReadState::kWaiting);
  folder.add("a.gz", whole.substr(12));
  CHECK(read_all(*reader).rows == std::vector<std::string>{line("1", path), line("2", path)});
}

TEST_CASE("AReplacedOrShrunkFileIsCorrupt") {
  const Folder folder;
  const std::string path = folder.put("a", "1\n2\n");
  auto source = source_of({.path = path, .keep_watching = true});
  auto replaced = open(*source, (*source->discover())[0]);
  auto shrunk = open(*source, (*source->discover())[0]);
  read_all(*replaced);
  read_all(*shrunk);
  std::filesystem::resize_file(path, 1);
  CHECK(read_all(*shrunk).error.starts_with(to_text(ErrorKind::kCorrupt)));
  std::filesystem::rename(path, folder / "b");
  folder.put("a", "3\n");
  std::filesystem::resize_file(folder / "b", 4);
  CHECK(read_all(*replaced).error.find("was replaced") != std::string::npos);
}

TEST_CASE("AFileThatVanishedBeforeItWasOpenedIsCorrupt") {
  const Folder folder;
  const std::string path = folder.put("a", "1\n");
  auto source = source_of({.path = folder.path()});
  auto reader = open(*source, (*source->discover())[0]);
  std::filesystem::remove(path);
  const Reading reading = read_all(*reader);
  CHECK(reading.error.starts_with(to_text(ErrorKind::kCorrupt)));
  CHECK(reading.error.find(path) != std::string::npos);
}

TEST_CASE("EmptyFilesEndAtOnce") {
  const Folder folder;
  folder.put("a", "");
  auto source = source_of({.path = folder.path()});
  auto reader = open(*source, (*source->discover())[0]);
  const Reading reading = read_all(*reader);
  CHECK(reading.rows.empty());
  CHECK(reading.outcome.state == ReadState::kEnd);
  CHECK(read_all(*reader).outcome.state == ReadState::kEnd);
}

TEST_CASE("RowsDoNotDependOnHowManyAreReadAtOnce") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += std::string(static_cast<size_t>(i * 7 % 90), 'x') + "\n";
  folder.put("a", text);
  auto source = source_of({.path = folder.path()});
  const Split split = (*source->discover())[0];
  const Reading whole = read_all(*open(*source, split));
  CHECK(whole.rows.size() == 1'000);
  for (const size_t rows_max : {1u, 7u, 999u, 1000u}) {
    CHECK(read_all(*open(*source, split), rows_max).rows == whole.rows);
  }
}

}  // namespace
}  // namespace weir
