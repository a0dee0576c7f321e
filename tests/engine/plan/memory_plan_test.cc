// Plans are made by hand: a source chain, hashed to a chain that may keep state and writes. What is
// checked is what must hold for any figures, and who gets more when there is more.
#include "engine/plan/memory_plan.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr uint64_t kMiB = 1 << 20;

struct Shape {
  uint32_t parallelism = 2;
  std::string from = "generator";
  bool with_state = false;
  std::string to = "blackhole";
  Delivery delivery = Delivery::kExactlyOnce;
  OptionMap read_options = {};
};

Plan plan_of(const Shape& shape) {
  Plan plan;
  plan.chains.resize(2);
  SourceSpec source;
  source.table = "orders";
  source.connector = shape.from;
  source.options = shape.read_options;
  SinkSpec sink;
  sink.table = "sums";
  sink.connector = shape.to;
  sink.delivery = shape.delivery;
  plan.chains[0].stages.push_back({.id = "orders", .spec = source});
  if (shape.with_state) plan.chains[1].stages.push_back({.id = "sum", .spec = OverSpec{}});
  plan.chains[1].stages.push_back({.id = "sums", .spec = sink});
  for (ChainPlan& chain : plan.chains) chain.parallelism = shape.parallelism;
  plan.edges.push_back(
      {.from_chain = 0, .to_chain = 1, .distribution = {.kind = DistributionKind::kHash}});
  return plan;
}

MemoryPlan planned(const Shape& shape, uint64_t bytes) {
  return plan_memory(plan_of(shape), {.bytes = bytes}).value();
}

uint64_t sum(const MemoryPlan& memory) {
  uint64_t bytes = 0;
  for (const MemoryPart& part : memory.parts) bytes += part.bytes;
  return bytes;
}

TEST_CASE("ThePartsOfAMemoryPlanMakeUpTheNumber") {
  const Shape shapes[] = {{},
                          {.from = "kafka"},
                          {.from = "kafka", .with_state = true, .to = "kafka"},
                          {.parallelism = 7, .with_state = true},
                          {.to = "kafka", .delivery = Delivery::kAtLeastOnce}};
  for (const Shape& shape : shapes) {
    for (const uint64_t number : {512 * kMiB, 777 * kMiB + 13, 8192 * kMiB}) {
      const MemoryPlan memory = planned(shape, number);
      CHECK(memory.bytes == number);
      CHECK(sum(memory) == number);
    }
  }
}

TEST_CASE("TheLeastNumberIsTakenAndOneByteLessIsRefused") {
  const Plan plan = plan_of({.from = "kafka", .with_state = true, .to = "kafka"});
  const uint64_t least = least_memory(plan, {});
  REQUIRE(plan_memory(plan, {.bytes = least}).ok());
  const Result<MemoryPlan> refused = plan_memory(plan, {.bytes = least - 1});
  REQUIRE(!refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUser);
}

TEST_CASE("ARefusalShowsTheSumAndTheNumberThatWouldDo") {
  const Plan plan = plan_of({.from = "kafka", .with_state = true});
  const std::string message = plan_memory(plan, {.bytes = 20 * kMiB}).error().message;
  CHECK(message.find("does not fit in memory = 20 MiB") != std::string::npos);
  const uint64_t number = (least_memory(plan, {}) + kMiB - 1) / kMiB;
  CHECK(message.find("write " + std::to_string(number) + "MiB or more") != std::string::npos);
  for (const char* part : {"the process", "tasks (4)", "channels (4)", "kafka readers (2)",
                           "state: rows in memory", "the allocator's own"}) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
  CHECK(plan_memory(plan, {.bytes = number * kMiB}).ok());
}

TEST_CASE("WithMoreMemoryNoPartHasLess") {
  const Shape shape{.from = "kafka", .with_state = true, .to = "kafka"};
  MemoryPlan before = planned(shape, 256 * kMiB);
  for (uint64_t number = 300 * kMiB; number < 5000 * kMiB; number += 97 * kMiB) {
    const MemoryPlan now = planned(shape, number);
    CHECK(now.channel_bytes >= before.channel_bytes);
    CHECK(now.consumer_bytes >= before.consumer_bytes);
    CHECK(now.output_bytes >= before.output_bytes);
    CHECK(now.state_bytes > before.state_bytes);
    before = now;
  }
}

TEST_CASE("QueuesGrowToWhatTheyHaveAUseForAndStateHasTheRest") {
  const Shape shape{.from = "kafka", .with_state = true};
  const MemoryPlan large = planned(shape, 8192 * kMiB);
  CHECK(large.consumer_bytes == 64 * kMiB);
  uint64_t others = 0;
  for (const MemoryPart& part : large.parts) {
    if (!part.what.starts_with("state: ")) others += part.bytes;
  }
  CHECK(others < large.bytes / 4);
  CHECK(large.state_bytes == (large.bytes - others) / 2);
  const MemoryPlan larger = planned(shape, 16384 * kMiB);
  CHECK(larger.consumer_bytes == large.consumer_bytes);
  CHECK(larger.channel_bytes == large.channel_bytes);
}

TEST_CASE("WhatAJobDoesNotHaveTakesNoMemory") {
  const MemoryPlan memory = planned({}, 512 * kMiB);
  CHECK(memory.consumer_bytes == 0);
  CHECK(memory.producer_bytes == 0);
  CHECK(memory.output_bytes == 0);
  CHECK(memory.state_bytes == 0);
  CHECK(memory.channel_bytes > 0);
  CHECK(memory.parts.back().what == "not used");
}

TEST_CASE("StateThatNoCheckpointCopiesMayBeTwiceAsLarge") {
  const Plan plan = plan_of({.with_state = true});
  const uint64_t copied = plan_memory(plan, {.bytes = 512 * kMiB})->state_bytes;
  const uint64_t not_copied =
      plan_memory(plan, {.bytes = 512 * kMiB, .is_copied = false})->state_bytes;
  CHECK(not_copied > 19 * copied / 10);
}

TEST_CASE("ABufferThatTheTableStatesIsKeptAndCounted") {
  const Shape shape{.from = "kafka", .read_options = {{"buffer_bytes", "100000000"}}};
  const Plan plan = plan_of(shape);
  CHECK(least_memory(plan, {}) > 2 * 2 * 100'000'000);
  const MemoryPlan memory = planned(shape, 1024 * kMiB);
  CHECK(memory.consumer_bytes == 0);
  const auto& source = std::get<SourceSpec>(plan.chains[0].stages[0].spec);
  CHECK(within(memory, source) == source.options);
}

TEST_CASE("TablesOfKafkaAreToldTheirBuffers") {
  const Shape shape{.from = "kafka", .to = "kafka", .delivery = Delivery::kAtLeastOnce};
  const Plan plan = plan_of(shape);
  const MemoryPlan memory = planned(shape, 256 * kMiB);
  const auto& source = std::get<SourceSpec>(plan.chains[0].stages[0].spec);
  const auto& sink = std::get<SinkSpec>(plan.chains[1].stages[0].spec);
  CHECK(within(memory, source).at("buffer_bytes") == std::to_string(memory.consumer_bytes));
  CHECK(within(memory, sink).at("buffer_bytes") == std::to_string(memory.producer_bytes));
  SourceSpec file;
  file.connector = "file";
  CHECK(within(memory, file).empty());
}

TEST_CASE("AJobHasThePartOfAWorkersNumberThatItHasOfItsSlots") {
  const Plan plan = plan_of({.with_state = true});
  const MemorySetup half{.bytes = 1024 * kMiB, .slots = 4, .slots_used = 2};
  const MemoryPlan memory = plan_memory(plan, half).value();
  CHECK(memory.bytes == 512 * kMiB);
  CHECK(sum(memory) == 512 * kMiB);
  CHECK(plan_memory(plan, {.bytes = least_memory(plan, half), .slots = 4, .slots_used = 2}).ok());
}

TEST_CASE("OnlyTasksThatRunHereAreCounted") {
  const Plan plan = plan_of({.with_state = true});
  const MemorySetup one{.here = {true, false, true, false}};
  CHECK(least_memory(plan, one) < least_memory(plan, {}));
  const std::string message = plan_memory(plan, {.bytes = 1, .here = one.here}).error().message;
  CHECK(message.find("tasks (2)") != std::string::npos);
  // One channel stays within the process, one leaves it and one comes in.
  CHECK(message.find("channels (3)") != std::string::npos);
  CHECK(message.find("channels to other workers (2)") != std::string::npos);
}

TEST_CASE("SizesAreToldInTheLargestUnitThatSuits") {
  CHECK(size_text(0) == "0 KiB");
  CHECK(size_text(512 * kMiB) == "512 MiB");
  CHECK(size_text(1536 * kMiB) == "1.5 GiB");
  CHECK(size_text(kMiB * 3 / 2) == "1.5 MiB");
  CHECK(size_text(640 << 10) == "640 KiB");
}

}  // namespace
}  // namespace weir
