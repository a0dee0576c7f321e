// Goal: options mean what the SQL page says. Method: examples.
#include "operators/connectors/file/file_options.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("SourceOptionsHaveDefaults") {
  CHECK(*file_source_options({{"path", "in"}, {"format", "json"}}) ==
        FileSourceOptions{.path = "in", .keep_watching = false, .splits = FileSplits::kFile});
  CHECK(*file_source_options({{"path", "in"}, {"stop", "never"}, {"split", "sequence"}}) ==
        FileSourceOptions{.path = "in", .keep_watching = true, .splits = FileSplits::kSequence});
  CHECK(*file_source_options({{"path", "in"}, {"stop", "end"}, {"split", "file"}}) ==
        FileSourceOptions{.path = "in"});
}

TEST_CASE("SourceOptionsAreRefusedWithTheirNameAndValue") {
  for (const std::map<std::string, std::string>& options :
       std::vector<std::map<std::string, std::string>>{
           {},
           {{"path", ""}},
           {{"path", "in"}, {"stop", "latest"}},
           {{"path", "in"}, {"split", "range"}, {"stop", "never"}},
           {{"path", "in"}, {"split", "range"}, {"format", "csv"}},
           {{"path", "in"}, {"split", "lines"}}}) {
    const auto result = file_source_options(options);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::kUser);
  }
  CHECK(file_source_options({{"path", "in"}, {"stop", "latest"}}).error().message ==
        "stop = 'latest' is not understood: expected 'end' or 'never'");
}

TEST_CASE("SinkOptionsReadSizesAndIntervals") {
  const FileSinkOptions options = *file_sink_options(
      {{"path", "out"}, {"roll_bytes", "64 MiB"}, {"roll_interval", "1 minute"}});
  CHECK(options ==
        FileSinkOptions{.path = "out", .roll_bytes = 64 << 20, .roll_interval = 60'000'000});
  CHECK(file_sink_options({{"path", "out"}, {"roll_bytes", "1024"}})->roll_bytes == 1024u);
  CHECK(file_sink_options({{"path", "out"}, {"roll_bytes", "2kB"}})->roll_bytes == 2000u);
  CHECK(file_sink_options({{"path", "out"}, {"roll_bytes", "3B"}})->roll_bytes == 3u);
  for (const char* size : {"", "0", "-1", "MiB", "1 TiBs", "9223372036854775807 GiB", "1.5MiB"}) {
    CHECK_FALSE(file_sink_options({{"path", "out"}, {"roll_bytes", size}}).ok());
  }
  for (const char* interval : {"", "0 seconds", "-1 minute", "soon"}) {
    CHECK_FALSE(file_sink_options({{"path", "out"}, {"roll_interval", interval}}).ok());
  }
  CHECK_FALSE(file_sink_options({}).ok());
}

}  // namespace
}  // namespace weir
