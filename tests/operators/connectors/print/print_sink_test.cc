// Goal: rows appear as JSON lines, no later than flush(). Method: a pipe.
#include "operators/connectors/print/print_sink.h"

#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace weir {
namespace {

class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    CHECK(::pipe2(ends_, O_CLOEXEC) == 0);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  int writer() const { return ends_[1]; }
  WriteLines write_lines() const {
    return [this](std::string_view lines) { return write_all(writer(), lines); };
  }
  void close_reader() { close(ends_[0]); }
  void close_writer() { close(ends_[1]); }
  // Everything until the writer is closed.
  std::string drain() {
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = ::read(ends_[0], bytes, sizeof bytes)) > 0;)
      all.append(bytes, static_cast<size_t>(got));
    return all;
  }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int ends_[2];
};

RecordBatch numbers(uint32_t rows) {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{"n", TypeKind::kInt}};
  ColumnWriter writer(TypeKind::kInt, rows);
  for (uint32_t i = 0; i < rows; ++i) writer.append(static_cast<int32_t>(i));
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = rows;
  batch.columns = {std::move(writer).finish()};
  return batch;
}

std::unique_ptr<Sink> make_sink(WriteLines write_lines) {
  return *make_print_sink({}, *numbers(0).schema, std::move(write_lines));
}

TEST_CASE("PrintsSelectedRowsWhenFlushed") {
  Pipe pipe;
  auto sink = make_sink(pipe.write_lines());
  CHECK(*sink->write(with_selection(numbers(4), {0, 2, 3}), 1) == 2);
  CHECK(*sink->flush() == Flush::kDone);
  pipe.close_writer();
  CHECK(pipe.drain() == "{\"n\":2}\n{\"n\":3}\n");
}

TEST_CASE("HasEmptySegments") {
  Pipe pipe;
  auto sink = make_sink(pipe.write_lines());
  const Segment segment = *sink->seal({Generation(1), Epoch(1)});
  CHECK(segment.contents.empty());
  CHECK(sink->deliver({Generation(1), Epoch(1)}, segment).ok());
}

TEST_CASE("PrintsMoreThanAPipeHolds") {
  Pipe pipe;
  ::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK);
  std::string printed;
  std::thread reader([&] { printed = pipe.drain(); });
  auto sink = make_sink(pipe.write_lines());
  CHECK(*sink->write(numbers(50'000), 0) == 50'000);
  CHECK(*sink->flush() == Flush::kDone);
  pipe.close_writer();
  reader.join();
  std::string expected;
  for (int i = 0; i < 50'000; ++i) expected += "{\"n\":" + std::to_string(i) + "}\n";
  CHECK(printed == expected);
}

TEST_CASE("HandsOverWholeLines") {
  std::string printed;
  auto sink = make_sink([&printed](std::string_view lines) -> Status {
    CHECK(lines.ends_with('\n'));
    printed += lines;
    return {};
  });
  CHECK(*sink->write(numbers(20'000), 0) == 20'000);
  CHECK(*sink->flush() == Flush::kDone);
  CHECK(printed.size() > 200'000);
}

TEST_CASE("SaysThatTheReaderHasGoneAway") {
  Pipe pipe;
  pipe.close_reader();
  auto sink = make_sink(pipe.write_lines());
  CHECK(*sink->write(numbers(1), 0) == 1);
  const auto flushed = sink->flush();
  REQUIRE_FALSE(flushed.ok());
  CHECK(flushed.error().kind == ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace weir
