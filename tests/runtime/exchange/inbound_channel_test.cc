#include "runtime/exchange/inbound_channel.h"

#include "tests/runtime/exchange/elements.h"

#include <catch2/catch.hpp>

#include <memory>

namespace weir {
namespace {

constexpr size_t kLimit = 1 << 20;

// A receiver with room for two elements, which grants 1,000 bytes.
struct Receiver {
  // What a frame of these elements does.
  Status receive(const std::vector<Element>& elements) {
    FrameWriter writer({});
    cost = 0;
    for (const Element& element : elements) {
      if (const auto* batch = std::get_if<RecordBatch>(&element)) {
        cost += writer.add(*batch);
      } else {
        std::visit([&](const auto& mark) { writer.add(mark); }, element);
      }
    }
    const std::string frame = writer.take(Compression::kNone);
    std::string_view message = frame;
    return inbound.receive(std::get<PackedElements>(read_frame(message, kLimit).value()));
  }
  // All that comes out.
  std::string drain() {
    std::string joined;
    bool all = false;
    while (!all) {
      all = inbound.deliver();
      for (auto element = channel->pop(); element.has_value(); element = channel->pop()) {
        joined += short_form(element) + " ";
      }
    }
    return joined;
  }

  uint32_t cost = 0;
  std::shared_ptr<Channel> channel = std::make_shared<Channel>(2);
  InboundChannel inbound{
      {}, channel, numbers_schema(), {.credit_bytes = 1000, .frame_bytes_max = kLimit}};
};

TEST_CASE("DeliversAllElementsInOrder") {
  Receiver receiver;
  REQUIRE(receiver
              .receive({numbers(0, 2), Watermark{1}, Idle{}, numbers(2, 2), Barrier{Epoch(1)},
                        EndOfStream{}})
              .ok());
  REQUIRE(receiver.drain() == "0-1 W1 idle 2-3 B1 end ");
}

TEST_CASE("WhatDoesNotFitWaits") {
  Receiver receiver;
  REQUIRE(receiver.receive({numbers(0, 1), numbers(1, 1), numbers(2, 1)}).ok());
  REQUIRE_FALSE(receiver.inbound.deliver());
  REQUIRE(short_form(receiver.channel->pop()) == "0-0");
  REQUIRE(receiver.inbound.deliver());
}

TEST_CASE("CreditIsGivenForWhatWasDeliveredAQuarterAtATime") {
  Receiver receiver;
  REQUIRE(receiver.receive({numbers(0, 1)}).ok());
  REQUIRE(receiver.inbound.take_grant() == 0);
  REQUIRE(receiver.inbound.deliver());
  REQUIRE(receiver.inbound.take_grant() == 0);
  REQUIRE(receiver.receive({numbers(0, 100)}).ok());
  const uint32_t large = receiver.cost;
  REQUIRE(receiver.inbound.take_grant() == 0);
  REQUIRE(receiver.inbound.deliver());
  REQUIRE(receiver.inbound.take_grant() > large);
  REQUIRE(receiver.inbound.take_grant() == 0);
}

TEST_CASE("BatchesWithoutCreditAreCorruptAndNothingOfTheFramePasses") {
  Receiver receiver;
  REQUIRE(receiver.receive({numbers(0, 100)}).ok());
  REQUIRE(receiver.receive({numbers(100, 100)}).ok());  // Overdraws.
  REQUIRE(receiver.receive({Watermark{1}}).ok());       // Costs nothing.
  const Status status = receiver.receive({Watermark{2}, numbers(200, 1)});
  REQUIRE(status.error().kind == ErrorKind::kCorrupt);
  REQUIRE_THAT(status.error().message, Catch::Contains("without credit"));
  REQUIRE(receiver.drain() == "0-99 100-199 W1 ");
}

TEST_CASE("NothingFollowsTheEnd") {
  Receiver receiver;
  REQUIRE(receiver.receive({EndOfStream{}}).ok());
  REQUIRE(receiver.inbound.has_ended());
  REQUIRE(receiver.receive({Watermark{1}}).error().kind == ErrorKind::kCorrupt);
  Receiver other;
  REQUIRE_FALSE(other.receive({EndOfStream{}, Idle{}}).ok());
  REQUIRE(other.drain().empty());
}

TEST_CASE("MarksThatWaitMakeRoomForLaterOnes") {
  Receiver receiver;
  REQUIRE(receiver.receive({numbers(0, 1), numbers(1, 1)}).ok());
  REQUIRE(receiver.inbound.deliver());
  for (int64_t time = 0; time < 1000; ++time) {
    REQUIRE(receiver.receive({Watermark{time}, Idle{}, Idle{}}).ok());
  }
  REQUIRE(receiver.receive({Barrier{Epoch(1)}, Watermark{2000}}).ok());
  REQUIRE(receiver.drain() == "0-0 1-1 W999 idle B1 W2000 ");
}

TEST_CASE("MoreMarksThanMakeSenseAreCorrupt") {
  Receiver receiver;
  const std::vector<Element> barriers(FrameWriter::kElementsMax - 1, Barrier{Epoch(1)});
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = receiver.receive(barriers);
  REQUIRE(status.error().kind == ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace weir
