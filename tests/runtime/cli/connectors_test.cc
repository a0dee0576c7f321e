// The factory of the program: what its sinks share.
#include "runtime/cli/connectors.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <fcntl.h>
#include <memory>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace weir {
namespace {

RecordBatch texts(const std::string& text, uint32_t rows) {
  RecordBatch batch;
  batch.schema = std::make_shared<const Schema>(Schema{{{.name = "t", .type = TypeKind::kText}}});
  batch.rows = rows;
  ColumnWriter writer(TypeKind::kText, rows);
  for (uint32_t i = 0; i < rows; ++i) writer.append_text(text);
  batch.columns = {std::move(writer).finish()};
  return batch;
}

}  // namespace

// A pipe that does not block takes a part of what is written; another task must not go on there.
TEST_CASE("LinesOfTwoTasksDoNotTearEachOtherApart") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  ::fcntl(ends[0], F_SETFL, 0);
  std::string printed;
  std::thread reader([&printed, from = ends[0]] {
    char bytes[1000];
    for (ssize_t got; (got = ::read(from, bytes, sizeof bytes)) > 0;) {
      printed.append(bytes, static_cast<size_t>(got));
    }
  });
  const ConnectorFactory factory = all_connectors(ends[1], 0);
  const SinkSpec spec{.table = "out", .connector = "print", .columns = texts("", 0).schema->fields};
  const auto print = [&](uint32_t slot, const std::string& text) {
    const std::unique_ptr<Sink> sink = std::move(factory.sink(spec, {.slot = slot})).value();
    bool all = true;
    for (int i = 0; i < 20; ++i) {
      const Result<size_t> written = sink->write(texts(text, 1000), 0);
      all = all && written.ok() && *written == 1000 && sink->flush().ok();
    }
    return all;
  };
  const std::string a(60, 'a');
  const std::string b(70, 'b');
  bool other_wrote_all = false;
  std::thread other([&] { other_wrote_all = print(1, b); });
  const bool wrote_all = print(0, a);
  other.join();
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  CHECK(wrote_all);
  CHECK(other_wrote_all);
  size_t of_a = 0;
  size_t of_b = 0;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    of_a += line == "{\"t\":\"" + a + "\"}" ? 1 : 0;
    of_b += line == "{\"t\":\"" + b + "\"}" ? 1 : 0;
  }
  CHECK(of_a == 20'000);
  CHECK(of_b == 20'000);
}

}  // namespace weir
