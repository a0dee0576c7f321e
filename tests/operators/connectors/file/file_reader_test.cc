// Goal: positions are exact: reading on from any of them gives the records not yet read, for every
// kind of file. Method: stop after every number of records, reopen at the position, compare with a
// reading in one go.
#include "operators/connectors/file/file_reader.h"

#include "tests/operators/connectors/file/compressing.h"
#include "tests/operators/connectors/file/folder.h"
#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;
using testing::read_all;
using testing::Reading;

std::unique_ptr<FileReader> reader_of(const std::vector<ListedFile>& files, FormatOptions format,
                                      bool is_sequence = false) {
  FileReaderParts parts{.format = format,
                        .shape = testing::shape_of({{"a", TypeKind::kInt}, {"b", TypeKind::kText}}),
                        .split = {.name = "s", .source = "s"}};
  parts.decoder = *make_decoder(parts.format, parts.shape);
  parts.files = files;
  parts.is_sequence = is_sequence;
  return std::make_unique<FileReader>(std::move(parts));
}

void reopens_anywhere(const std::vector<ListedFile>& files, const FormatOptions& format,
                      bool is_sequence) {
  const Reading whole = read_all(*reader_of(files, format, is_sequence));
  REQUIRE(whole.error.empty());
  REQUIRE(whole.records > 3);
  for (size_t rows_max = 1; rows_max <= whole.records; ++rows_max) {
    Reading parts;
    auto reader = reader_of(files, format, is_sequence);
    do {
      read_once(*reader, rows_max, 0, parts);
      const SplitPosition position = reader->position();
      reader = reader_of(files, format, is_sequence);
      REQUIRE(reader->go_to(position).ok());
    } while (parts.error.empty() && parts.outcome.state == ReadState::kRows);
    CHECK(parts.error.empty());
    CHECK(parts.rows == whole.rows);
    CHECK(parts.records == whole.records);
    CHECK(parts.skipped == whole.skipped);
    REQUIRE(parts.bad.size() == whole.bad.size());
    for (size_t i = 0; i < whole.bad.size(); ++i) {
      CHECK(parts.bad[i].position == whole.bad[i].position);
    }
  }
}

const std::string kJson =
    "{\"a\":1,\"b\":\"x\"}\n\n{\"a\":\"bad\"}\r\n  \n{\"a\":3}\r\nnot "
    "json\n{\"a\":4,\"b\":\"last\"}";
const std::string kCsv =
    "\xef\xbb\xbf"
    "b,a\n\"x\ny\",1\r\n\n,2\nz,bad\n\"q\"\"\",3\nlast,4";

TEST_CASE("ReopensJsonAtEveryPosition") {
  const Folder folder;
  for (const std::string& path :
       {folder.put("a.json", kJson), folder.put("a.gz", testing::gzip_of(kJson)),
        folder.put("a.zst", testing::zstd_of(kJson))}) {
    reopens_anywhere({{path, path}}, {}, false);
  }
}

TEST_CASE("ReopensCsvAtEveryPosition") {
  const Folder folder;
  for (const std::string& path :
       {folder.put("a.csv", kCsv), folder.put("a.gz", testing::gzip_of(kCsv))}) {
    reopens_anywhere({{path, path}}, {.format = "csv"}, false);
  }
}

TEST_CASE("ReopensASequenceAtEveryPosition") {
  const Folder folder;
  const std::vector<ListedFile> files = {
      {"1", folder.put("1", kCsv)},
      {"2", folder.put("2", "a,b\n")},
      {"3 with a blank.gz", folder.put("3 with a blank.gz", testing::gzip_of(kCsv))},
      {"4", folder.put("4", "")}};
  reopens_anywhere(files, {.format = "csv"}, true);
}

TEST_CASE("ReadsEveryRecordByTheRules") {
  const Folder folder;
  const std::string path = folder.put("a.json", kJson);
  const Reading reading = read_all(*reader_of({{path, path}}, {}));
  CHECK(reading.rows == std::vector<std::string>{R"({"a":1,"b":"x"})", R"({"a":3,"b":null})",
                                                 R"({"a":4,"b":"last"})"});
  CHECK(reading.records == 7);
  CHECK(reading.skipped == 2);
  REQUIRE(reading.bad.size() == 2);
  CHECK(reading.bad[0].position == 17);
  CHECK(reading.bad[0].raw == "{\"a\":\"bad\"}");
  CHECK(reading.outcome.state == ReadState::kEnd);
}

TEST_CASE("NamesTheFileWhoseHeaderDoesNotFit") {
  const Folder folder;
  const std::string path = folder.put("a.csv", "a,c\n1,2\n");
  const Reading reading = read_all(*reader_of({{path, path}}, {.format = "csv"}));
  CHECK(reading.error.find(path) != std::string::npos);
}

TEST_CASE("RefusesPositionsThatAreNone") {
  const Folder folder;
  const std::string path = folder.put("a", "");
  for (const char* position : {"", "x", "-1", "5 6 a"}) {
    CHECK_FALSE(reader_of({{path, path}}, {})->go_to(position).ok());
  }
  for (const char* position : {"5", "5 x a", "5 6 gone"}) {
    CHECK_FALSE(reader_of({{"a", path}}, {}, true)->go_to(position).ok());
  }
  auto beyond = reader_of({{path, path}}, {});
  REQUIRE(beyond->go_to("5").ok());
  CHECK(read_all(*beyond).error.starts_with(to_text(ErrorKind::kCorrupt)));
}

TEST_CASE("CountsTheBytesLeft") {
  const Folder folder;
  const std::string path = folder.put("a", "{}\n{}\n");
  auto reader = reader_of({{path, path}}, {});
  CHECK_FALSE(reader->backlog().has_value());
  Reading reading;
  read_once(*reader, 1, 0, reading);
  CHECK(reader->backlog() == 3u);
  read_all(*reader);
  CHECK(reader->backlog() == 0u);
}

TEST_CASE("AFileThatIsCutOffIsCorrupt") {
  const Folder folder;
  const std::string whole = testing::gzip_of(kJson);
  const std::string path = folder.put("a.gz", whole.substr(0, whole.size() - 4));
  const Reading reading = read_all(*reader_of({{path, path}}, {}));
  CHECK(reading.error.starts_with(to_text(ErrorKind::kCorrupt)));
  CHECK(reading.error.find(path) != std::string::npos);
}

}  // namespace
}  // namespace weir
