#include "tests/engine/protocol/job_story.h"

#include "engine/base/match.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace weir {

namespace {

std::string text_of(const std::vector<WorkerId>& workers) {
  std::string text;
  for (WorkerId id : workers) text += fmt::format(" {}", id.value());
  return text;
}

std::string text_of(CheckpointId id) {
  return fmt::format("{}/{}", id.generation.value(), id.epoch.value());
}

std::string text_of(const std::optional<CheckpointId>& id) {
  return id.has_value() ? text_of(*id) : "nothing";
}

std::string text_of(const std::vector<uint64_t>& requests) {
  std::string text;
  for (uint64_t request : requests) text += fmt::format(" {}", request);
  return text;
}

std::string text_of(const job::TakeFence& fence) {
  std::string text = "fence";
  if (fence.above > Generation()) text += fmt::format(" above {}", fence.above.value());
  return text;
}

std::string text_of(const job::EndLife& end) {
  std::string text = "end life";
  if (end.failure.has_value()) text += fmt::format(" {}: {}", end.failures, end.failure->message);
  return text;
}

std::string text_of(const job::Ended& ended) {
  std::string text = to_text(ended.outcome);
  if (ended.error.has_value()) text += ": " + ended.error->message;
  return text;
}

}  // namespace

std::string describe(const job::Action& action) {
  const uint64_t generation = action.generation.value();
  return std::visit(
      Match{
          [](const job::Want& want) { return fmt::format("want {}", want.parallelism); },
          [](const job::Release&) { return std::string("release"); },
          [](const job::GiveUp& give_up) {
            return fmt::format("give up {}", give_up.worker.value());
          },
          [](const job::TakeFence& fence) { return text_of(fence); },
          [](const job::Look&) { return std::string("look"); },
          [](const job::WriteBase& base) { return "base " + text_of(base.checkpoint); },
          [](const job::AdoptSavepoint&) { return std::string("adopt"); },
          [](const job::LookAtFences&) { return std::string("look at fences"); },
          [](const job::WriteCommitRecord& mark) { return "mark " + text_of(mark.checkpoint); },
          [](const job::WriteSavepoint& save) {
            return "save " + text_of(save.checkpoint) + text_of(save.requests) +
                   (save.last ? " last" : "");
          },
          [](const job::RefuseSavepoints& refuse) { return "refuse" + text_of(refuse.requests); },
          [&](const job::Drop& drop) {
            return fmt::format("drop {} on{}", generation, text_of(drop.workers));
          },
          [](const job::Replay& replay) {
            return fmt::format("replay {} on {}", text_of(replay.checkpoint),
                               replay.worker.value());
          },
          [&](const job::Prepare& prepare) {
            return fmt::format("prepare {} from {} on{}", generation, text_of(prepare.from),
                               text_of(prepare.workers));
          },
          [](const job::Start& start) { return "start on" + text_of(start.workers); },
          [](const job::Run& run) { return "run from " + text_of(run.base); },
          [](const job::TakeLast&) { return std::string("take last"); },
          [](const job::EndLife& end) { return text_of(end); },
          [](const job::Ended& ended) { return text_of(ended); },
      },
      action.what);
}

std::string JobStory::step(const job::Event& event) {
  std::string text;
  for (const job::Action& action : machine.step(event, now)) {
    text += (text.empty() ? "" : "; ") + describe(action);
  }
  return text;
}

std::string JobStory::wake() {
  REQUIRE(machine.next_wakeup().has_value());
  now = std::max(now, *machine.next_wakeup());
  return hear(job::Tick{});
}

job::Granted granted(const std::vector<uint64_t>& workers) {
  job::Granted granted;
  for (uint64_t id : workers) granted.workers.push_back(WorkerId(id));
  return granted;
}

void JobStory::fence(uint64_t generation, std::vector<uint64_t> workers) {
  hear(job::Tick{});
  hear(granted(workers));
  REQUIRE(phase() == job::Phase::kFencing);
  hear_of(generation, job::Fenced{});
}

void JobStory::look(uint64_t generation, std::vector<uint64_t> workers) {
  fence(generation, std::move(workers));
  REQUIRE(phase() == job::Phase::kLooking);
}

void JobStory::prepare(uint64_t generation, std::vector<uint64_t> workers) {
  look(generation, std::move(workers));
  hear(job::Looked{});
  hear(job::BaseWritten{});
  hear(job::FencesSeen{});
  REQUIRE(phase() == job::Phase::kPreparing);
}

void JobStory::run(uint64_t generation, std::vector<uint64_t> workers) {
  prepare(generation, workers);
  const std::set<uint64_t> each(workers.begin(), workers.end());
  for (uint64_t id : each) hear(job::Prepared{WorkerId(id)});
  for (uint64_t id : each) hear(job::Started{WorkerId(id)});
  REQUIRE(phase() == job::Phase::kRunning);
}

void JobStory::pause() {
  REQUIRE(phase() == job::Phase::kAsking);
  hear(job::FencesSeen{});
  REQUIRE(phase() == job::Phase::kPausing);
  wake();
  REQUIRE(phase() == job::Phase::kWaiting);
}

}  // namespace weir
