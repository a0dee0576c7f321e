// Ingest: contracts, policies, the future bound, and clocks of splits that do not depend on how
// rows were batched.
#include "operators/ingest.h"

#include "engine/plan/job_graph.h"
#include "tests/operators/expressions.h"
#include "tests/operators/harness.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

const NumberedSplits kSplits;
constexpr int64_t kNow = 1'000'000'000;  // Second 1000.

// k text NOT NULL, v int CHECK (v > 0), ratio = 100 / v, at timestamptz: the event time, delayed by
// 5 s.
SourceSpec payments(OnError on_error) {
  SourceSpec spec;
  spec.table = "payments";
  spec.payload = schema_of({"k text", "v int", "at timestamptz"})->fields;
  const SchemaPtr record = record_schema(spec);
  spec.columns = {{"k", column_of(record, "k")},
                  {"v", column_of(record, "v")},
                  {"ratio", call_of("/", {number_of("100"), column_of(record, "v")})},
                  {"at", column_of(record, "at")}};
  spec.not_null = {"k"};
  spec.constraints = {
      {"v_positive", call_of(">", {make_column(1, TypeKind::kInt), number_of("0")})}};
  spec.event_time = "at";
  spec.watermark_delay = seconds(5);
  spec.max_future = seconds(100);
  spec.on_error = on_error;
  return spec;
}

// An Ingest with all that it needs.
class Ingesting {
 public:
  explicit Ingesting(SourceSpec spec, std::optional<NeededColumns> needed = std::nullopt)
      : record_(record_schema(spec)),
        output_(output_schema(spec, kRowsPort, nullptr)),
        state_(128, {0, 127}, std::make_unique<MemoryResidency>()),
        ingest_(spec, output_, needed.value_or(all_needed(*output_)), kSplits, state_) {}

  Status accept(const std::vector<Cells>& rows, std::vector<BadRow> bad = {},
                const std::string& split = "0", bool keep_position = false) {
    const RecordBatch batch = with_position(batch_of(record_, rows), 3, next_);
    next_ += static_cast<int64_t>(rows.size());
    Status status = ingest_.accept(split, batch, std::move(bad), keep_position, kNow, out_);
    if (status.ok()) REQUIRE(ingest_.counters().balanced());
    return status;
  }

  std::vector<std::string> table_rows(const std::vector<Cells>& rows) const {
    return json_rows(output_, rows);
  }
  // Of every accepted row so far, in order; minus infinity where the batch has no column.
  std::vector<int64_t> arrivals() const {
    std::vector<int64_t> all;
    for (const auto& [port, batch] : out_.batches()) {
      if (port != kRowsPort) continue;
      batch.selection().each([&, &rows = batch](uint32_t row) {
        all.push_back(rows.arrival_watermark == nullptr
                          ? kMinTime
                          : rows.arrival_watermark->values<int64_t>()[row]);
      });
    }
    return all;
  }

  const SchemaPtr record_;
  const SchemaPtr output_;
  TaskState state_;
  CollectedOutput out_;
  Ingest ingest_;
  int64_t next_ = 100;
};

TEST_CASE("AcceptedRowsHaveTheTablesColumns") {
  Ingesting to(payments(OnError::kFail));
  REQUIRE(to.accept({{"a", "4", "@1"}, {"b", "50", "@2"}}).ok());
  REQUIRE(to.out_.rows(kRowsPort) ==
          to.table_rows({{"a", "4", "25", "@1"}, {"b", "50", "2", "@2"}}));
  REQUIRE(*to.out_.batches()[0].second.schema == *to.output_);
  REQUIRE(to.ingest_.counters().accepted == 2);
  REQUIRE(to.ingest_.counters().rows_out == 2);
}

const std::vector<Cells> kGoodAndBad = {{"a", "4", "@1"},   {kNull, "1", "@2"}, {"c", "-1", "@3"},
                                        {"d", "0", "@4"},   {"e", "1", kNull},  {"f", "1", "@1101"},
                                        {"g", kNull, "@5"}, {"h", "1", "@1100"}};
const std::vector<Cells> kGood = {
    {"a", "4", "25", "@1"}, {"g", kNull, kNull, "@5"}, {"h", "1", "100", "@1100"}};

TEST_CASE("SkippedRowsAreCountedByWhatIsWrongWithThem") {
  Ingesting to(payments(OnError::kSkip));
  REQUIRE(to.accept(kGoodAndBad).ok());
  REQUIRE(to.out_.rows(kRowsPort) == to.table_rows(kGood));
  REQUIRE(to.out_.rows(kBadPort).empty());
  REQUIRE(to.ingest_.counters().rows_in == 8);
  REQUIRE(to.ingest_.counters().accepted == 3);
  REQUIRE(to.ingest_.counters().bad == 5);
  REQUIRE(to.ingest_.bad_contract().counts() ==
          std::map<std::string, uint64_t>{{"NOT NULL k", 1},
                                          {"division by zero", 1},
                                          {"event time at", 1},
                                          {"event time at is beyond max_future", 1},
                                          {"v_positive", 1}});
}

TEST_CASE("DeadLettersSayWhereTheRecordStoodAndWhatIsWrong") {
  Ingesting to(payments(OnError::kDeadLetter));
  REQUIRE(to.accept(kGoodAndBad).ok());
  REQUIRE(to.out_.rows(kRowsPort) == to.table_rows(kGood));
  const auto letter = [](const char* raw, const char* position, const char* reason) {
    return Cells{raw, "events", "3", position, "contract", reason, "@1000"};
  };
  REQUIRE(to.out_.rows(kBadPort) ==
          json_rows(
              dead_letter_schema(),
              {letter(R"({"k":null,"v":1,"at":"1970-01-01T00:00:02Z"})", "101",
                      "NOT NULL k: the value is missing or null"),
               letter(R"({"k":"c","v":-1,"at":"1970-01-01T00:00:03Z"})", "102", "v_positive"),
               letter(R"({"k":"d","v":0,"at":"1970-01-01T00:00:04Z"})", "103", "division by zero"),
               letter(R"({"k":"e","v":1,"at":null})", "104",
                      "event time at: the value is missing or null"),
               letter(R"({"k":"f","v":1,"at":"1970-01-01T00:18:21Z"})", "105",
                      "event time at is beyond max_future: 1970-01-01T00:18:21Z")}));
}

TEST_CASE("UnderFailTheFirstBadRowEndsTheJob") {
  Ingesting to(payments(OnError::kFail));
  const Status status = to.accept({{"a", "1", "@1"}, {kNull, "1", "@2"}});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kBadData);
  for (const char* part : {"table payments", "events", "part 3", "position 101", "NOT NULL k"}) {
    INFO(part << " in " << status.error().message);
    REQUIRE(status.error().message.find(part) != std::string::npos);
  }
}

TEST_CASE("RecordsThatCouldNotBeDecodedGoTheSameWay") {
  const BadRow record = {.raw = "{",
                         .source = "events",
                         .part = "3",
                         .position = 99,
                         .reason = "not JSON: unexpected end",
                         .label = "not JSON"};
  Ingesting letters(payments(OnError::kDeadLetter));
  REQUIRE(letters.accept({{"a", "1", "@1"}}, {record}).ok());
  REQUIRE(letters.ingest_.counters().rows_in == 2);
  REQUIRE(letters.ingest_.counters().bad == 1);
  REQUIRE(letters.out_.rows(kBadPort) ==
          json_rows(dead_letter_schema(),
                    {{"{", "events", "3", "99", "decode", "not JSON: unexpected end", "@1000"}}));
  REQUIRE(letters.ingest_.bad_decode().counts().at("not JSON") == 1);

  Ingesting failing(payments(OnError::kFail));
  const Status status = failing.accept({}, {record});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().message.find("decode") != std::string::npos);
}

TEST_CASE("OnlyAcceptedRowsMoveTheWatermark") {
  Ingesting to(payments(OnError::kSkip));
  REQUIRE(to.ingest_.watermark("0") == kMinTime);
  REQUIRE(to.accept({{kNull, "1", "@900"}, {"x", "-3", "@901"}, {"y", "1", "@1101"}}).ok());
  REQUIRE(to.ingest_.watermark("0") == kMinTime);
  REQUIRE(to.accept({{"a", "1", "@20"}, {"b", "1", "@10"}}).ok());
  REQUIRE(to.ingest_.watermark("0") == seconds(15));
}

TEST_CASE("EachSplitHasItsOwnClock") {
  Ingesting to(payments(OnError::kFail));
  REQUIRE(to.accept({{"a", "1", "@100"}}, {}, "0").ok());
  REQUIRE(to.accept({{"a", "1", "@20"}}, {}, "1").ok());
  REQUIRE(to.ingest_.watermark("0") == seconds(95));
  REQUIRE(to.ingest_.watermark("1") == seconds(15));
  REQUIRE(to.ingest_.watermark("2") == kMinTime);
  REQUIRE(to.arrivals() == std::vector<int64_t>{kMinTime, kMinTime});
}

TEST_CASE("RowsBehindTheClockCarryTheirArrivalWatermark") {
  Ingesting to(payments(OnError::kFail));
  REQUIRE(to.accept({{"a", "1", "@100"}}).ok());
  REQUIRE(to.accept({{"b", "1", "@95"}}).ok());
  REQUIRE(to.accept({{"c", "1", "@94"}, {"d", "1", "@200"}, {"e", "1", "@196"}}).ok());
  REQUIRE(to.arrivals() ==
          std::vector<int64_t>{kMinTime, kMinTime, seconds(95), seconds(95), seconds(195)});
}

TEST_CASE("AllRowsCarryTheirArrivalWatermarkWhereSomebodyAsks") {
  Ingesting to(payments(OnError::kFail));
  to.ingest_.give_watermarks();
  REQUIRE(to.accept({{"a", "1", "@100"}, {"b", "1", "@101"}}).ok());
  REQUIRE(to.accept({{"c", "1", "@103"}}).ok());
  REQUIRE(to.arrivals() == std::vector<int64_t>{kMinTime, seconds(95), seconds(96)});
}

// The same rows, cut anywhere: the same rows come out, with the same arrival watermark where they
// are behind it.
TEST_CASE("BatchingDecidesNothing") {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    std::vector<std::string> times;
    for (size_t i = 0; i < 60; ++i) times.push_back("@" + std::to_string(dice() % 40));
    std::vector<Cells> rows;
    for (const std::string& time : times) {
      rows.push_back({dice() % 8 == 0 ? kNull : "k", dice() % 8 == 0 ? "-1" : "1",
                      dice() % 8 == 0 ? kNull : time.c_str()});
    }
    Ingesting one_by_one(payments(OnError::kDeadLetter));
    for (const Cells& row : rows) REQUIRE(one_by_one.accept({row}).ok());
    Ingesting in_batches(payments(OnError::kDeadLetter));
    for (size_t from = 0; from < rows.size();) {
      const size_t count = std::min(rows.size() - from, 1 + dice() % 20);
      REQUIRE(in_batches.accept({rows.begin() + from, rows.begin() + from + count}).ok());
      from += count;
    }
    REQUIRE(in_batches.out_.rows(kRowsPort) == one_by_one.out_.rows(kRowsPort));
    REQUIRE(in_batches.out_.rows(kBadPort) == one_by_one.out_.rows(kBadPort));
    REQUIRE(in_batches.state_.splits() == one_by_one.state_.splits());
    REQUIRE(in_batches.ingest_.counters().bad == one_by_one.ingest_.counters().bad);

    std::vector<int64_t> accepted_times;
    for (const auto& [port, batch] : one_by_one.out_.batches()) {
      if (port == kRowsPort) accepted_times.push_back(batch.columns[3]->values<int64_t>()[0]);
    }
    const std::vector<int64_t> a = one_by_one.arrivals();
    const std::vector<int64_t> b = in_batches.arrivals();
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      REQUIRE((accepted_times[i] < a[i]) == (accepted_times[i] < b[i]));
      if (accepted_times[i] < a[i]) REQUIRE(a[i] == b[i]);
    }
  }
}

TEST_CASE("ClocksGoOnFromASnapshot") {
  Ingesting before(payments(OnError::kFail));
  REQUIRE(before.accept({{"a", "1", "@100"}}).ok());
  Ingesting after(payments(OnError::kFail));
  REQUIRE(restore(after.state_, {whole_of(before.state_)}).ok());
  REQUIRE(after.ingest_.watermark("0") == seconds(95));
  REQUIRE(after.accept({{"b", "1", "@1"}}).ok());
  REQUIRE(after.arrivals() == std::vector<int64_t>{seconds(95)});
}

TEST_CASE("PositionsArePassedOnOnlyWhereSomebodyWantsThem") {
  Ingesting to(payments(OnError::kFail));
  REQUIRE(to.accept({{"a", "1", "@1"}}, {}, "0", true).ok());
  REQUIRE(to.accept({{"a", "1", "@1"}}, {}, "0", false).ok());
  REQUIRE(to.out_.batches()[0].second.position->values<int64_t>()[0] == 100);
  REQUIRE(to.out_.batches()[0].second.split->values<int32_t>()[0] == 3);
  REQUIRE(to.out_.batches()[1].second.position == nullptr);
  REQUIRE(to.out_.batches()[1].second.split == nullptr);
}

TEST_CASE("ContractsHoldForColumnsThatNobodyReads") {
  const SchemaPtr output = output_schema(payments(OnError::kSkip), kRowsPort, nullptr);
  Ingesting to(payments(OnError::kSkip), NeededColumns(output->fields.size()));
  REQUIRE(to.accept(kGoodAndBad).ok());
  // The row whose ratio would divide by zero fails its CHECK all the same.
  REQUIRE(to.ingest_.counters().bad == 5);
  REQUIRE(to.out_.batches()[0].second.columns[2] == nullptr);
}

TEST_CASE("ATableWithoutEventTimeHasNoWatermark") {
  SourceSpec spec = payments(OnError::kFail);
  spec.event_time.clear();
  Ingesting to(spec);
  REQUIRE(to.accept({{"a", "1", "@100"}, {"a", "1", kNull}}).ok());
  REQUIRE(to.ingest_.watermark("0") == kMinTime);
  REQUIRE(to.arrivals() == std::vector<int64_t>{kMinTime, kMinTime});
}

TEST_CASE("WithoutABoundTheFutureIsAccepted") {
  SourceSpec spec = payments(OnError::kFail);
  spec.max_future = std::nullopt;
  Ingesting to(spec);
  REQUIRE(to.accept({{"a", "1", "@9999999"}}).ok());
  REQUIRE(to.ingest_.watermark("0") == seconds(9'999'994));
}

TEST_CASE("ABatchOfBadRowsOnlyEmitsNoRows") {
  Ingesting to(payments(OnError::kSkip));
  REQUIRE(to.accept({{kNull, "1", "@1"}}).ok());
  REQUIRE(to.accept({}).ok());
  REQUIRE(to.out_.batches().empty());
}

TEST_CASE("RowsBehindTheWatermarkThatWasSentAreLiftedAndCounted") {
  Ingesting to(payments(OnError::kSkip));
  to.ingest_.lift_to(seconds(50));
  REQUIRE(to.accept({{"a", "1", "@20"}, {"b", "1", "@50"}, {"c", "1", "@30"}}).ok());
  REQUIRE(to.arrivals() == std::vector<int64_t>{seconds(50), seconds(15), seconds(50)});
  REQUIRE(to.ingest_.counters().lifted == 2);
  // The split's own clock knows nothing of it: it has caught up when A has.
  REQUIRE(to.ingest_.watermark("0") == seconds(45));
  REQUIRE(to.accept({{"d", "1", "@60"}, {"e", "1", "@51"}}).ok());
  REQUIRE(to.accept({{"f", "1", "@52"}}).ok());
  REQUIRE(to.arrivals().back() == seconds(55));
  REQUIRE(to.ingest_.counters().lifted == 2);
}

}  // namespace
}  // namespace weir
