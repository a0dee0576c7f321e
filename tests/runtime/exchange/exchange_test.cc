// Goal: elements come out as they went in, in order, whatever the other channels do; whatever goes
// wrong is told once and names what it was. Method: two exchanges of one process over real gRPC;
// for what an honest peer never does, a stream that sends any bytes. Tests wait for what must come,
// never for a time.
#include "runtime/exchange/exchange.h"

#include "tests/engine/data/random_batches.h"
#include "tests/runtime/exchange/elements.h"
#include "tests/runtime/exchange/raw_stream.h"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace weir {
namespace {

// Rung whenever something may have changed.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  // Returns when `holds` does.
  template <typename F>
  void wait_until(F&& holds) {
    for (;;) {
      uint64_t rings = 0;
      {
        const std::lock_guard lock(mutex_);
        rings = rings_;
      }
      if (holds()) return;
      std::unique_lock lock(mutex_);
      rung_.wait(lock, [&] { return rings_ != rings; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  uint64_t rings_ = 0;
};

// The two ends of a channel as the tasks see them.
struct Link {
  Link(Bell& its_bell, ChannelKey its_key) : bell(its_bell), key(its_key) {
    sent->on_room([this] { bell.ring(); });
    received->on_data([this] { bell.ring(); });
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void push(Element element) {
    bell.wait_until([&] { return sent->push(element); });
  }
  Element pop() {
    std::optional<Element> element;
    bell.wait_until([&] { return (element = received->pop()).has_value(); });
    return std::move(*element);
  }
  std::string pop_form() { return short_form(pop()); }

  Bell& bell;
  ChannelKey key;
  std::shared_ptr<Channel> sent = std::make_shared<Channel>(8);
  std::shared_ptr<Channel> received = std::make_shared<Channel>(8);
};

// Hears how a life ends.
class Ear {
 public:
  explicit Ear(Bell& bell) : bell_(bell) {}
  std::function<void(Error)> function() {
    return [this](const Error& error) {
      {
        const std::lock_guard lock(mutex_);
        errors_.push_back(error);
      }
      bell_.ring();
    };
  }
  std::vector<Error> errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }
  // The error that comes.
  Error wait() {
    bell_.wait_until([this] { return !errors().empty(); });
    return errors().front();
  }

 private:
  Bell& bell_;
  mutable std::mutex mutex_;
  std::vector<Error> errors_;
};

std::unique_ptr<Exchange> listen(const ExchangeOptions& options = {}) {
  return std::move(Exchange::listen("127.0.0.1:0", options)).value();
}

// Two workers and the channels from the first to the second, and back.
struct Workers {
  explicit Workers(const ExchangeOptions& options = {}) : a(listen(options)), b(listen(options)) {
    // That of the lower address dials: make it a.
    if (a->address() > b->address()) std::swap(a, b);
  }

  Link& link(uint32_t edge) {
    there.push_back(std::make_unique<Link>(bell, ChannelKey{.edge = edge, .from = 0, .to = 1}));
    return *there.back();
  }
  Link& link_back(uint32_t edge) {
    back.push_back(std::make_unique<Link>(bell, ChannelKey{.edge = edge, .from = 1, .to = 0}));
    return *back.back();
  }
  ExchangeLife life_of_a(uint64_t generation) {
    return life(generation, b->address(), there, back, ear_a);
  }
  ExchangeLife life_of_b(uint64_t generation) {
    return life(generation, a->address(), back, there, ear_b);
  }
  ExchangeLife life(uint64_t generation, const std::string& peer,
                    const std::vector<std::unique_ptr<Link>>& outbound,
                    const std::vector<std::unique_ptr<Link>>& inbound, Ear& ear) const {
    ExchangeLife made{.job = "job", .generation = Generation(generation), .failed = ear.function()};
    for (const auto& link : outbound) {
      made.outbound.push_back(
          {.key = link->key, .channel = link->sent, .schema = schema, .peer = peer});
    }
    for (const auto& link : inbound) {
      made.inbound.push_back(
          {.key = link->key, .channel = link->received, .schema = schema, .peer = peer});
    }
    return made;
  }
  void open(uint64_t generation = 1) {
    at_a = a->open(life_of_a(generation));
    at_b = b->open(life_of_b(generation));
  }

  Bell bell;
  SchemaPtr schema = numbers_schema();
  std::vector<std::unique_ptr<Link>> there;
  std::vector<std::unique_ptr<Link>> back;
  Ear ear_a{bell};
  Ear ear_b{bell};
  std::unique_ptr<Exchange> a;
  std::unique_ptr<Exchange> b;
  std::unique_ptr<JobExchange> at_a;
  std::unique_ptr<JobExchange> at_b;
};

TEST_CASE("ElementsOfEveryKindArriveInTheOrderOfTheirChannel") {
  for (const Compression compression :
       {Compression::kNone, Compression::kLz4, Compression::kZstd}) {
    Workers workers({.compression = compression});
    Link& first = workers.link(1);
    Link& second = workers.link(2);
    workers.open();
    first.push(numbers(0, 3));
    first.push(Watermark{5});
    second.push(Watermark{6});
    first.push(Idle{});
    second.push(numbers(10, 1));
    first.push(Barrier{Epoch(1)});
    first.push(EndOfStream{});
    for (const char* form : {"0-2", "W5", "idle", "B1", "end"}) REQUIRE(first.pop_form() == form);
    for (const char* form : {"W6", "10-10"}) REQUIRE(second.pop_form() == form);
  }
}

TEST_CASE("BatchesOfEveryTypeArriveEqual") {
  Workers workers;
  workers.schema = every_type();
  Link& link = workers.link(1);
  workers.open();
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random dice(seed);
    INFO("replay with seed " << seed);
    const RecordBatch batch =
        random_batch(dice, workers.schema, static_cast<uint32_t>(dice() % 1000));
    link.push(batch);
    REQUIRE(same_rows(batch, std::get<RecordBatch>(link.pop())));
  }
}

TEST_CASE("BothWorkersSendToEachOther") {
  Workers workers;
  Link& there = workers.link(1);
  Link& back = workers.link_back(1);
  workers.open();
  for (int64_t i = 0; i < 100; ++i) {
    there.push(numbers(i, 1));
    back.push(there.pop());
    REQUIRE(back.pop_form() == std::to_string(i) + "-" + std::to_string(i));
  }
}

TEST_CASE("MuchMoreThanTheCreditFlows") {
  Workers workers({.frame_bytes = 16 << 10, .credit_bytes = 64 << 10});
  Link& link = workers.link(1);
  workers.open();
  std::thread sender([&] {
    for (int64_t i = 0; i < 1000; ++i) link.push(numbers(i * 1000, 1000));
    link.push(EndOfStream{});
  });
  for (int64_t i = 0; i < 1000; ++i) {
    REQUIRE(numbers_in(std::get<RecordBatch>(link.pop())) == numbers_in(numbers(i * 1000, 1000)));
  }
  REQUIRE(link.pop_form() == "end");
  sender.join();
}

TEST_CASE("AReceiverThatDoesNotReadStopsItsSenderAndNobodyElse") {
  constexpr size_t kLinks = 100;
  constexpr size_t kBatches = 50;
  Workers workers({.credit_bytes = 64 << 10});
  for (uint32_t edge = 0; edge < kLinks; ++edge) workers.link(edge);
  workers.open();
  std::vector<size_t> sent(kLinks);
  std::vector<size_t> received(kLinks);
  const auto others_have_all = [&] {
    bool all = true;
    for (size_t i = 0; i < kLinks; ++i) {
      Link& link = *workers.there[i];
      while (sent[i] < kBatches) {
        Element batch = numbers(static_cast<int64_t>(sent[i]), 1000);
        if (!link.sent->push(batch)) break;
        ++sent[i];
      }
      if (i == 0) continue;
      while (link.received->pop().has_value()) ++received[i];
      all = all && received[i] == kBatches;
    }
    return all;
  };
  workers.bell.wait_until(others_have_all);
  // 64 KiB are eight batches of 8 KB; on their way are these, one more, the two Channels, and one
  // that was taken to be looked at.
  REQUIRE(sent[0] <= 9 + 8 + 8 + 1);
  for (size_t i = 0; i < kBatches; ++i) {
    workers.bell.wait_until([&] {
      Element batch = numbers(static_cast<int64_t>(sent[0]), 1000);
      if (sent[0] < kBatches && workers.there[0]->sent->push(batch)) ++sent[0];
      const std::optional<Element> element = workers.there[0]->received->pop();
      if (element.has_value()) {
        REQUIRE(numbers_in(std::get<RecordBatch>(*element)).front() == static_cast<int64_t>(i));
      }
      return element.has_value();
    });
  }
}

TEST_CASE("ABarrierWaitsForNoFrameToFill") {
  Workers workers({.flush_ms = 3'600'000});
  Link& link = workers.link(1);
  workers.open();
  link.push(numbers(0, 1));
  link.push(Barrier{Epoch(1)});
  REQUIRE(link.pop_form() == "0-0");
  REQUIRE(link.pop_form() == "B1");
}

TEST_CASE("WhoOpensFirstWaitsForTheOther") {
  Workers workers;
  Link& there = workers.link(1);
  Link& back = workers.link_back(1);

  SECTION("WhoDials") {
    workers.at_a = workers.a->open(workers.life_of_a(1));
    there.push(numbers(0, 1));
    workers.at_b = workers.b->open(workers.life_of_b(1));
    back.push(numbers(1, 1));
  }
  SECTION("WhoIsDialled") {
    workers.at_b = workers.b->open(workers.life_of_b(1));
    back.push(numbers(1, 1));
    workers.at_a = workers.a->open(workers.life_of_a(1));
    there.push(numbers(0, 1));
  }
  REQUIRE(there.pop_form() == "0-0");
  REQUIRE(back.pop_form() == "1-1");
}

TEST_CASE("ALifeThatTheOtherNeverOpensFails") {
  Workers workers({.open_ms = 50});
  workers.link(1);
  workers.at_a = workers.a->open(workers.life_of_a(1));
  const Error dialling = workers.ear_a.wait();
  REQUIRE(dialling.kind == ErrorKind::kUnavailable);
  REQUIRE_THAT(dialling.message, Catch::Contains("job=job generation=1"));
  workers.at_b = workers.b->open(workers.life_of_b(2));
  REQUIRE(workers.ear_b.wait().kind == ErrorKind::kUnavailable);
}

TEST_CASE("AnOlderGenerationIsRefused") {
  Workers workers;
  workers.link(1);

  SECTION("ByWhoOpenedANewerOne") {
    workers.at_b = workers.b->open(workers.life_of_b(2));
    workers.at_a = workers.a->open(workers.life_of_a(1));
    const Error error = workers.ear_a.wait();
    REQUIRE(error.kind == ErrorKind::kFenced);
    REQUIRE_THAT(error.message, Catch::Contains("generation=1 newer=2"));
    REQUIRE(workers.ear_b.errors().empty());
  }
  SECTION("ByWhoWasToldOfANewerOne") {
    workers.b->refuse_below("job", Generation(2));
    workers.at_a = workers.a->open(workers.life_of_a(1));
    REQUIRE(workers.ear_a.wait().kind == ErrorKind::kFenced);
    workers.at_b = workers.b->open(workers.life_of_b(1));
    REQUIRE(workers.ear_b.wait().kind == ErrorKind::kFenced);
  }
  SECTION("WhileItRuns") {
    workers.open();
    workers.there[0]->push(numbers(0, 1));
    REQUIRE(workers.there[0]->pop_form() == "0-0");
    workers.a->refuse_below("other job", Generation(2));
    workers.b->refuse_below("job", Generation(2));
    REQUIRE(workers.ear_b.wait().kind == ErrorKind::kFenced);
    REQUIRE(workers.ear_a.wait().kind == ErrorKind::kFenced);
  }
}

TEST_CASE("ANewerLifeFollowsAnOlderOne") {
  Workers workers;
  Link& link = workers.link(1);
  for (uint64_t generation = 1; generation <= 5; ++generation) {
    workers.open(generation);
    link.push(numbers(static_cast<int64_t>(generation), 1));
    link.push(Barrier{Epoch(generation)});
    link.pop();
    REQUIRE(link.pop_form() == "B" + std::to_string(generation));
    workers.at_a.reset();
    workers.at_b.reset();
    workers.there[0]->sent = std::make_shared<Channel>(8);
    workers.there[0]->received = std::make_shared<Channel>(8);
    link.sent->on_room([&] { workers.bell.ring(); });
    link.received->on_data([&] { workers.bell.ring(); });
  }
}

TEST_CASE("ALostPeerFailsTheLifeOnce") {
  Workers workers;
  Link& link = workers.link(1);
  workers.link_back(1);
  workers.open();
  link.push(numbers(0, 1));
  REQUIRE(link.pop_form() == "0-0");

  SECTION("WhoWasDialledGoes") {
    workers.b.reset();
    REQUIRE(workers.ear_a.wait().kind == ErrorKind::kUnavailable);
    workers.at_a.reset();
    REQUIRE(workers.ear_a.errors().size() == 1);
    REQUIRE(workers.ear_b.errors().empty());
  }
  SECTION("WhoDialledGoes") {
    workers.a.reset();
    REQUIRE(workers.ear_b.wait().kind == ErrorKind::kUnavailable);
    workers.at_b.reset();
    REQUIRE(workers.ear_b.errors().size() == 1);
    REQUIRE(workers.ear_a.errors().empty());
  }
  SECTION("OnlyTheLifeGoes") {
    workers.at_b.reset();
    REQUIRE(workers.ear_a.wait().kind == ErrorKind::kUnavailable);
  }
}

TEST_CASE("AStreamThatHasEndedMayBreak") {
  Workers workers;
  Link& there = workers.link(1);
  Link& later = workers.link(2);
  Link& back = workers.link_back(1);
  workers.open();
  for (int64_t i = 0; i < 20; ++i) there.push(numbers(i, 1));
  there.push(EndOfStream{});
  later.push(EndOfStream{});
  back.push(EndOfStream{});
  REQUIRE(back.pop_form() == "end");
  // Frames go out in the order in which they are due: with this one the others have come.
  REQUIRE(later.pop_form() == "end");
  workers.at_a.reset();
  // What came before the end is still delivered after the sender has gone.
  for (int64_t i = 0; i < 20; ++i) {
    REQUIRE(there.pop_form() == std::to_string(i) + "-" + std::to_string(i));
  }
  REQUIRE(there.pop_form() == "end");
  workers.at_b.reset();
  REQUIRE(workers.ear_a.errors().empty());
  REQUIRE(workers.ear_b.errors().empty());
}

TEST_CASE("AClosedLifeTouchesNoChannel") {
  Workers workers;
  Link& link = workers.link(1);
  workers.open();
  workers.at_a.reset();
  link.push(numbers(0, 1));
  REQUIRE(short_form(link.sent->pop()) == "0-0");
  workers.a.reset();
  link.push(numbers(1, 1));
  REQUIRE(short_form(link.sent->pop()) == "1-1");
}

TEST_CASE("ATokenIsRequired") {
  Workers workers({.token = "right"});
  Link& link = workers.link(1);
  for (const char* token : {"wrong", "wrong too", ""}) {
    RawStream stream(workers.b->address(), token);
    REQUIRE(stream.status().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  }
  workers.open();
  link.push(numbers(0, 1));
  REQUIRE(link.pop_form() == "0-0");
}

TEST_CASE("WorkersWithDifferentTokensDoNotSpeak") {
  Workers workers({.token = "right"});
  workers.link(1);
  workers.b = listen({.token = "another"});
  workers.open();
  Ear& dialler = workers.a->address() < workers.b->address() ? workers.ear_a : workers.ear_b;
  REQUIRE(dialler.wait().kind == ErrorKind::kUser);
  REQUIRE_THAT(dialler.wait().message, Catch::Contains("token"));
}

TEST_CASE("ALargeBatchArrivesInPartsWithAllItsRows") {
  Workers workers({.frame_bytes = 4 << 10, .frame_bytes_max = 16 << 10});
  Link& link = workers.link(1);
  workers.open();
  link.push(numbers(0, 100'000));
  link.push(Barrier{Epoch(1)});
  std::vector<int64_t> rows;
  for (Element element = link.pop(); short_form(element) != "B1"; element = link.pop()) {
    for (const int64_t row : numbers_in(std::get<RecordBatch>(element))) rows.push_back(row);
  }
  REQUIRE(rows == numbers_in(numbers(0, 100'000)));
}

TEST_CASE("ARowTooLargeForAFrameFailsTheLife") {
  Workers workers({.frame_bytes = 4 << 10, .frame_bytes_max = 16 << 10});
  workers.schema = texts_schema();
  Link& link = workers.link(1);
  workers.open();
  link.push(texts({std::string(20'000, 'x')}));
  const Error error = workers.ear_a.wait();
  REQUIRE(error.kind == ErrorKind::kUser);
  REQUIRE_THAT(error.message, Catch::Contains("edge=1 from=0 to=1"));
  REQUIRE(workers.ear_b.wait().kind == ErrorKind::kUnavailable);
}

TEST_CASE("WorkersWithDifferentPlansDoNotSpeak") {
  Workers workers;
  workers.link(1);
  workers.at_a = workers.a->open(workers.life_of_a(1));
  workers.link(2);
  workers.at_b = workers.b->open(workers.life_of_b(1));
  for (Ear* ear : {&workers.ear_a, &workers.ear_b}) {
    REQUIRE(ear->wait().kind == ErrorKind::kCorrupt);
    REQUIRE_THAT(ear->wait().message, Catch::Contains("the plans differ"));
  }
}

TEST_CASE("AnAddressThatCannotBeListenedOnIsAnError") {
  const auto first = listen();
  const auto second = Exchange::listen(first->address(), {});
  REQUIRE(second.error().kind == ErrorKind::kUser);
  REQUIRE_THAT(second.error().message, Catch::Contains(first->address()));
  REQUIRE_FALSE(Exchange::listen("127.0.0.1:0", {.frame_bytes_max = 1000}).ok());
}

TEST_CASE("PeersAreToldThePublicHost") {
  const auto exchange = listen({.public_host = "worker-1"});
  REQUIRE_THAT(exchange->address(), Catch::StartsWith("worker-1:"));
}

}  // namespace
}  // namespace weir
