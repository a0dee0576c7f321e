// The executor with real threads: tasks that read from gates, fed and awaited by the test.
#include "runtime/task/executor.h"

#include "operators/pass_through.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// How tasks ended, awaited.
class Endings {
 public:
  Executor::Ended recorder() {
    return [this](Task& task, Status status) {
      {
        const std::lock_guard lock(mutex_);
        endings_[task.name()] = status.ok() ? "ok" : status.error().message;
      }
      changed_.notify_all();
    };
  }
  std::map<std::string, std::string> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return endings_.size() >= count; });
    return endings_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> endings_;
};

class Failing : public Operator {
 public:
  Result<Progress> process(Port, const Element&, int64_t, Output&) override {
    return unavailable("it broke");
  }
};

// A task that passes rows from one channel to another.
class PassTask {
 public:
  PassTask(const std::string& name, std::shared_ptr<Channel> in, std::shared_ptr<Channel> out,
           std::unique_ptr<Operator> op = std::make_unique<PassThrough>(table_schema())) {
    StagePlan stage{.id = name, .spec = UnionSpec{}, .input = table_schema()};
    stage.outputs = {{.schema = table_schema(),
                      .needed = all_needed(*table_schema()),
                      .targets = {EdgeTarget{1}}}};
    chain_.stages = {stage};
    TaskParts parts;
    parts.name = name;
    parts.state = std::make_unique<TaskState>(128, KeyGroupRange{0, 127},
                                              std::make_unique<MemoryResidency>());
    parts.operators.push_back(std::move(op));
    parts.gates.emplace_back().add_channel(in, Port{0}, {});
    parts.gate_stages = {0};
    parts.outputs.push_back(std::make_unique<OutputGate>(
        EdgePlan{.distribution = {.kind = DistributionKind::kForward}}, 1, 0, 128));
    parts.outputs[0]->add_channel(out);
    task = std::make_unique<Task>(chain_, std::move(parts));
  }

  std::unique_ptr<Task> task;

 private:
  ChainPlan chain_;
};

std::shared_ptr<Channel> channel(size_t capacity = 8) {
  return std::make_shared<Channel>(capacity);
}

void push(Channel& to, Element element) { REQUIRE(to.push(element)); }

// Everything up to the end. The consumer is the test, so it waits by looking; the other side works
// meanwhile.
size_t rows_until_end(Channel& from) {
  size_t rows = 0;
  while (true) {
    const std::optional<Element> element = from.pop();
    if (!element.has_value()) {
      std::this_thread::yield();
      continue;
    }
    if (const auto* batch = std::get_if<RecordBatch>(&*element)) rows += batch->size();
    if (std::holds_alternative<EndOfStream>(*element)) return rows;
  }
}

TEST_CASE("RunsItsTasksUntilAllHaveEnded") {
  Endings endings;
  const auto in = channel();
  const auto between = channel();
  const auto out = channel();
  PassTask first("first", in, between);
  PassTask second("second", between, out);
  push(*in, table_batch(many_rows(5)));
  push(*in, EndOfStream{});
  Executor executor(endings.recorder());
  between->on_data(executor.add(*second.task));
  executor.add(*first.task);
  executor.start();
  executor.join();
  REQUIRE(endings.wait_for(2) ==
          std::map<std::string, std::string>{{"first", "ok"}, {"second", "ok"}});
  REQUIRE(rows_until_end(*out) == 5);
}

TEST_CASE("AWakeUpFromAnotherThreadIsNotLost") {
  Endings endings;
  const auto in = channel(1);
  const auto out = channel();
  PassTask task("task", in, out);
  Executor executor(endings.recorder());
  const std::function<void()> wake = executor.add(*task.task);
  in->on_data(wake);
  out->on_room(wake);
  executor.start();
  std::thread producer([&in] {
    for (int i = 0; i < 2'000; ++i) {
      Element element = i == 1'999 ? Element(EndOfStream{}) : Element(table_batch(many_rows(1)));
      while (!in->push(element)) std::this_thread::yield();
    }
  });
  REQUIRE(rows_until_end(*out) == 1'999);
  producer.join();
  executor.join();
  REQUIRE(endings.wait_for(1).at("task") == "ok");
}

TEST_CASE("TasksOfTwoExecutorsWakeEachOther") {
  Endings endings;
  const auto in = channel(1);
  const auto between = channel(1);
  const auto out = channel(1);
  PassTask first("first", in, between);
  PassTask second("second", between, out);
  Executor one(endings.recorder());
  Executor other(endings.recorder());
  const std::function<void()> wake_first = one.add(*first.task);
  const std::function<void()> wake_second = other.add(*second.task);
  in->on_data(wake_first);
  between->on_room(wake_first);
  between->on_data(wake_second);
  out->on_room(wake_second);
  one.start();
  other.start();
  std::thread consumer([&out] { rows_until_end(*out); });
  for (int i = 0; i < 1'000; ++i) {
    Element element = i == 999 ? Element(EndOfStream{}) : Element(table_batch(many_rows(1)));
    while (!in->push(element)) std::this_thread::yield();
  }
  consumer.join();
  one.join();
  other.join();
  REQUIRE(endings.wait_for(2).size() == 2);
}

TEST_CASE("TellsWhichTaskFailedAndGoesOnWithTheOthers") {
  Endings endings;
  const auto in = channel();
  const auto out = channel();
  const auto broken_in = channel();
  PassTask good("good", in, out);
  PassTask bad("bad", broken_in, channel(), std::make_unique<Failing>());
  push(*broken_in, table_batch(many_rows(1)));
  Executor executor(endings.recorder());
  executor.add(*bad.task);
  in->on_data(executor.add(*good.task));
  executor.start();
  REQUIRE(endings.wait_for(1).at("bad") == "it broke");
  push(*in, EndOfStream{});
  REQUIRE(endings.wait_for(2).at("good") == "ok");
  executor.join();
}

TEST_CASE("StoppingLeavesTasksWhereTheyAre") {
  Endings endings;
  const auto in = channel();
  PassTask task("task", in, channel());
  Executor executor(endings.recorder());
  executor.add(*task.task);
  executor.start();
  executor.stop();
  executor.join();
  REQUIRE(endings.wait_for(0).empty());
}

TEST_CASE("StopsBeforeItStarted") {
  Endings endings;
  Executor executor(endings.recorder());
  executor.stop();
  executor.start();
  executor.join();
}

TEST_CASE("LooksAtAllTasksWhenToldTo") {
  Endings endings;
  const auto in = channel();
  PassTask task("task", in, channel());
  Executor executor(endings.recorder());
  executor.add(*task.task);  // Nobody wakes it when data comes.
  executor.start();
  push(*in, EndOfStream{});
  executor.wake_all();
  REQUIRE(endings.wait_for(1).at("task") == "ok");
  executor.join();
}

}  // namespace
}  // namespace weir
