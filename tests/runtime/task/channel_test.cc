#include "runtime/task/channel.h"

#include <catch2/catch.hpp>

#include <thread>

namespace weir {
namespace {

bool push(Channel& channel, int64_t time) {
  Element element = Watermark{time};
  return channel.push(element);
}

std::optional<int64_t> pop(Channel& channel) {
  const std::optional<Element> element = channel.pop();
  if (!element.has_value()) return std::nullopt;
  return std::get<Watermark>(*element).time;
}

TEST_CASE("GivesElementsInOrderAndRefusesWhatDoesNotFit") {
  Channel channel(2);
  REQUIRE(pop(channel) == std::nullopt);
  REQUIRE(push(channel, 1));
  REQUIRE(push(channel, 2));
  REQUIRE_FALSE(push(channel, 3));
  REQUIRE(pop(channel) == 1);
  REQUIRE(push(channel, 4));
  REQUIRE(pop(channel) == 2);
  REQUIRE(pop(channel) == 4);
  REQUIRE(pop(channel) == std::nullopt);
}

TEST_CASE("ARefusedElementIsUntouched") {
  Channel channel(1);
  REQUIRE(push(channel, 1));
  RecordBatch batch;
  batch.rows = 17;
  Element element = batch;
  REQUIRE_FALSE(channel.push(element));
  REQUIRE(std::get<RecordBatch>(element).rows == 17);
}

TEST_CASE("APoppedBatchIsLetGo") {
  Channel channel(2);
  auto rows = std::make_shared<const RowIndices>(RowIndices{1});
  RecordBatch batch;
  batch.selected = rows;
  Element element = std::move(batch);
  REQUIRE(channel.push(element));
  element = Idle{};
  channel.pop();
  REQUIRE(rows.use_count() == 1);
}

RecordBatch batch_of_text(size_t bytes) {
  ColumnWriter texts(TypeKind::kText, 1);
  texts.append_text(std::string(bytes, 'x'));
  RecordBatch batch;
  batch.rows = 1;
  batch.columns.push_back(std::move(texts).finish());
  return batch;
}

TEST_CASE("WideRowsFillAChannelBeforeItsElementsDo") {
  Channel channel(8, 10'000);
  const auto push_batch = [&channel] {
    Element element = batch_of_text(6'000);
    return channel.push(element);
  };
  REQUIRE(push_batch());
  REQUIRE(push_batch());
  REQUIRE_FALSE(push_batch());
  REQUIRE_FALSE(push(channel, 1));  // Nothing overtakes.
  REQUIRE(channel.pop().has_value());
  REQUIRE(push_batch());
}

TEST_CASE("AnEmptyChannelTakesABatchThatIsWiderThanItsBound") {
  Channel channel(8, 10);
  for (int i = 0; i < 3; ++i) {
    Element element = batch_of_text(6'000);
    REQUIRE(channel.push(element));
    REQUIRE(channel.pop().has_value());
  }
}

TEST_CASE("EachSideWakesTheOther") {
  Channel channel(2);
  int data = 0;
  int room = 0;
  channel.on_data([&data] { ++data; });
  channel.on_room([&room] { ++room; });
  push(channel, 1);
  REQUIRE(data == 1);
  REQUIRE(room == 0);
  pop(channel);
  pop(channel);
  REQUIRE(data == 1);
  REQUIRE(room == 1);
}

TEST_CASE("NothingIsLostBetweenTwoThreads") {
  constexpr int64_t kElements = 50'000;
  Channel channel(4);
  std::thread producer([&channel] {
    for (int64_t i = 0; i < kElements; ++i) {
      while (!push(channel, i)) std::this_thread::yield();
    }
  });
  bool in_order = true;
  for (int64_t i = 0; i < kElements; ++i) {
    std::optional<int64_t> time;
    while (!(time = pop(channel)).has_value()) std::this_thread::yield();
    in_order &= *time == i;
  }
  producer.join();
  REQUIRE(in_order);
  REQUIRE(pop(channel) == std::nullopt);
}

}  // namespace
}  // namespace weir
