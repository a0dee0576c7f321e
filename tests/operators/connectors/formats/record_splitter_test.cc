// Goal: record ends are found however the bytes come. Method: every way to cut a text in two.
#include "operators/connectors/formats/record_splitter.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace weir {
namespace {

// The records of `text` when first only `cut` bytes of it are known.
std::vector<std::string> records_of(const std::string& text, bool has_quotes, size_t cut) {
  RecordSplitter splitter(has_quotes);
  std::vector<std::string> records;
  size_t begin = 0;
  for (const size_t known : {cut, text.size()}) {
    while (begin <= known) {
      const std::string_view rest = std::string_view(text).substr(begin, known - begin);
      const size_t size = splitter.find_end(rest);
      if (size == RecordSplitter::kNone) break;
      records.emplace_back(rest.substr(0, size));
      begin += size + 1;
    }
  }
  records.push_back(text.substr(begin));
  return records;
}

TEST_CASE("CutsLinesAtEveryLineFeed") {
  const std::string text = "one\n\ntwo \"\nthree\"\nfour";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(records_of(text, false, cut) ==
          std::vector<std::string>{"one", "", "two \"", "three\"", "four"});
  }
}

TEST_CASE("DoesNotCutCsvWithinQuotes") {
  const std::string text = "a,\"b\nc\"\n\"\"\"\n\",d\n5\" disk,e\nf,\"\"\ng,\"h\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    INFO(cut);
    CHECK(records_of(text, true, cut) == std::vector<std::string>{"a,\"b\nc\"", "\"\"\"\n\",d",
                                                                  "5\" disk,e", "f,\"\"",
                                                                  "g,\"h\n"});
  }
}

TEST_CASE("GoesOnAfterBytesWereForgotten") {
  RecordSplitter splitter(true);
  CHECK(splitter.find_end("a,\"bcdef") == RecordSplitter::kNone);
  splitter.forget(4);
  CHECK(splitter.find_end("a,\"b\n\"\nx") == 6);
  CHECK(splitter.find_end("x\n") == 1);
}

}  // namespace
}  // namespace weir
