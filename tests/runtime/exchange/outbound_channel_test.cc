#include "runtime/exchange/outbound_channel.h"

#include "tests/runtime/exchange/elements.h"

#include <catch2/catch.hpp>

#include <memory>

namespace weir {
namespace {

constexpr size_t kLimit = 8 << 10;

// A sender of frames of 1 KiB, 8 at most, that wait for 1,000 us.
struct Sender {
  explicit Sender(uint64_t credit = 1 << 20) { outbound.grant(credit); }

  void push(Element element) { REQUIRE(channel->push(element)); }
  bool is_due(int64_t now_us) const { return outbound.is_due(now_us); }
  // The elements of the next frame.
  std::vector<Element> take() {
    const std::string frame = outbound.take_frame(Compression::kNone);
    REQUIRE(frame.size() <= kLimit);
    std::string_view message = frame;
    const Frame read = read_frame(message, kLimit).value();
    std::vector<Element> elements;
    for (ReceivedElement& received :
         read_elements(std::get<PackedElements>(read), schema, kLimit).value()) {
      elements.push_back(std::move(received.element));
    }
    return elements;
  }
  std::string forms() {
    std::string joined;
    for (const Element& element : take()) joined += short_form(element) + " ";
    return joined;
  }

  SchemaPtr schema = numbers_schema();
  std::shared_ptr<Channel> channel = std::make_shared<Channel>(64);
  OutboundChannel outbound{
      {}, channel, {.frame_bytes = 1024, .frame_bytes_max = kLimit, .flush_us = 1000}};
};

TEST_CASE("SmallThingsWaitForEachOther") {
  Sender sender;
  sender.push(numbers(0, 3));
  REQUIRE(sender.outbound.fill(5000).ok());
  sender.push(Watermark{7});
  sender.push(Idle{});
  REQUIRE(sender.outbound.fill(5400).ok());
  REQUIRE_FALSE(sender.is_due(5999));
  REQUIRE(sender.is_due(6000));
  REQUIRE(sender.forms() == "0-2 W7 idle ");
  REQUIRE_FALSE(sender.is_due(INT64_MAX));
}

TEST_CASE("AFrameOfTheWantedSizeIsDueAtOnce") {
  Sender sender;
  sender.push(numbers(0, 200));
  sender.push(numbers(200, 200));
  REQUIRE(sender.outbound.fill(5000).ok());
  REQUIRE(sender.is_due(5000));
  REQUIRE(sender.forms() == "0-199 ");
  REQUIRE(sender.outbound.fill(5000).ok());
  REQUIRE(sender.forms() == "200-399 ");
}

TEST_CASE("ABarrierOrTheEndIsDueAtOnce") {
  for (const Element& mark : {Element(Barrier{Epoch(1)}), Element(EndOfStream{})}) {
    Sender sender;
    sender.push(numbers(0, 1));
    sender.push(mark);
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE(sender.is_due(5000));
    REQUIRE(sender.forms() == "0-0 " + short_form(mark) + " ");
  }
}

TEST_CASE("HasEndedOnceTheEndIsTaken") {
  Sender sender;
  sender.push(EndOfStream{});
  REQUIRE(sender.outbound.fill(0).ok());
  REQUIRE_FALSE(sender.outbound.has_ended());
  sender.take();
  REQUIRE(sender.outbound.has_ended());
}

TEST_CASE("WithoutCredit") {
  Sender sender(1);

  SECTION("OneBatchGoesOverTheCreditAndTheNextWaits") {
    sender.push(numbers(0, 10));
    sender.push(numbers(10, 10));
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE(sender.is_due(5000));
    REQUIRE(sender.forms() == "0-9 ");
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE_FALSE(sender.is_due(INT64_MAX));
    sender.outbound.grant(1000);
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE(sender.is_due(6000));
    REQUIRE(sender.forms() == "10-19 ");
  }

  SECTION("MarksGoOnButOvertakeNoBatch") {
    sender.push(numbers(0, 10));
    sender.push(Watermark{1});
    sender.push(Barrier{Epoch(1)});
    sender.push(numbers(10, 10));
    sender.push(Watermark{2});
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE(sender.forms() == "0-9 W1 B1 ");
    sender.outbound.grant(1000);
    REQUIRE(sender.outbound.fill(5000).ok());
    REQUIRE(sender.forms() == "10-19 W2 ");
  }

  SECTION("TheChannelFillsUp") {
    for (int i = 0; i < 64; ++i) sender.push(numbers(i, 1));
    REQUIRE(sender.outbound.fill(5000).ok());
    sender.take();
    sender.push(numbers(64, 1));
    sender.push(numbers(65, 1));
    REQUIRE(sender.outbound.fill(5000).ok());
    Element more = numbers(66, 1);
    REQUIRE_FALSE(sender.channel->push(more));
  }
}

TEST_CASE("WhileItsFrameIsFullNothingMoreIsTaken") {
  Sender sender;
  for (int i = 0; i < 64; ++i) sender.push(numbers(i * 200, 200));
  REQUIRE(sender.outbound.fill(5000).ok());
  REQUIRE(sender.outbound.fill(5000).ok());
  sender.push(numbers(0, 1));
  Element more = numbers(0, 1);
  REQUIRE_FALSE(sender.channel->push(more));
}

TEST_CASE("ALargeBatchIsSplitByRowsInOrder") {
  Sender sender;
  sender.push(Watermark{1});
  sender.push(numbers(0, 10'000));
  sender.push(Watermark{2});
  std::vector<int64_t> rows;
  size_t frames = 0;
  std::string marks;
  while (true) {
    REQUIRE(sender.outbound.fill(0).ok());
    if (!sender.is_due(INT64_MAX)) break;
    ++frames;
    for (const Element& element : sender.take()) {
      if (const auto* batch = std::get_if<RecordBatch>(&element)) {
        for (const int64_t row : numbers_in(*batch)) rows.push_back(row);
      } else {
        marks += short_form(element) + "@" + std::to_string(rows.size()) + " ";
      }
    }
  }
  REQUIRE(frames >= 10);
  REQUIRE(marks == "W1@0 W2@10000 ");
  REQUIRE(rows == numbers_in(numbers(0, 10'000)));
}

TEST_CASE("ABatchThatNoLongerFitsBeginsTheNextFrame") {
  Sender sender;
  sender.push(numbers(0, 100));
  sender.push(numbers(100, 950));
  REQUIRE(sender.outbound.fill(0).ok());
  REQUIRE(sender.is_due(0));
  REQUIRE(sender.forms() == "0-99 ");
  REQUIRE(sender.outbound.fill(0).ok());
  REQUIRE(sender.forms() == "100-1049 ");
}

TEST_CASE("ARowLargerThanAFrameIsAnErrorThatSaysSo") {
  Sender sender;
  sender.schema = texts_schema();
  sender.push(texts({"small", std::string(kLimit, 'x'), "small"}));
  Status status = sender.outbound.fill(0);
  REQUIRE(status.error().kind == ErrorKind::kUser);
  REQUIRE_THAT(status.error().message, Catch::Contains("frame_bytes_max=8192"));
}

TEST_CASE("ManyMarksTakeSeveralFrames") {
  Sender sender;
  OutboundChannel outbound({}, sender.channel,
                           {.frame_bytes = 1 << 20, .frame_bytes_max = 4 << 20, .flush_us = 0});
  for (uint32_t i = 0; i < FrameWriter::kElementsMax / 64; ++i) {
    for (int j = 0; j < 64; ++j) sender.push(Idle{});
    REQUIRE(outbound.fill(0).ok());
  }
  sender.push(Idle{});
  REQUIRE(outbound.fill(0).ok());
  outbound.take_frame(Compression::kNone);
  REQUIRE(outbound.fill(0).ok());
  REQUIRE(outbound.is_due(0));
}

}  // namespace
}  // namespace weir
