// Goal: every message arrives as it was sent, in every field; anything else is an error.
// Method: messages of every kind go through the bytes and are compared as the messages of
// proto/weir/cluster.proto; reflection sees to it that no field of those was left out.
#include "runtime/rpc/message_codec.h"

#include "engine/sql/sql.h"
#include "tests/runtime/rpc/every_message.h"

#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include <proto/weir/cluster.pb.h>
#include <set>
#include <string>

namespace weir {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void collect_set(const Message& message, std::set<std::string>& names) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    names.insert(field->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      collect_set(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                       : reflection.GetMessage(message, field),
                  names);
    }
  }
}

void collect_all(const google::protobuf::Descriptor& type, std::set<std::string>& names) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!names.insert(field.full_name()).second) continue;
    if (field.message_type() != nullptr) collect_all(*field.message_type(), names);
  }
}

template <typename Proto>
Proto parsed(const std::string& bytes) {
  Proto message;
  REQUIRE(message.ParseFromString(bytes));
  return message;
}

template <typename Proto>
bool same_message(const std::string& a, const std::string& b) {
  return google::protobuf::util::MessageDifferencer::Equals(parsed<Proto>(a), parsed<Proto>(b));
}

Result<ToWorker> read_order(const proto::ToWorker& message) {
  return decode_to_worker(message.SerializeAsString(), sql_expression);
}

std::string refusal(const proto::ToWorker& message) {
  const Result<ToWorker> read = read_order(message);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind == ErrorKind::kBadData);
  return read.error().message;
}

std::string refusal(const proto::FromWorker& message) {
  const Result<FromWorker> read = decode_from_worker(message.SerializeAsString());
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind == ErrorKind::kBadData);
  return read.error().message;
}

proto::ToWorker prepare_message() {
  return parsed<proto::ToWorker>(encode_to_worker(every_order().front()));
}

TEST_CASE("EveryOrderArrivesAsItWasSent") {
  std::set<size_t> kinds;
  std::set<std::string> fields;
  for (const ToWorker& order : every_order()) {
    kinds.insert(order.what.index());
    const std::string bytes = encode_to_worker(order);
    const Result<ToWorker> read = decode_to_worker(bytes, sql_expression);
    INFO((read.ok() ? "" : read.error().message));
    REQUIRE(read.ok());
    CHECK(read->job == order.job);
    CHECK(read->generation == order.generation);
    REQUIRE(read->what.index() == order.what.index());
    CHECK(same_message<proto::ToWorker>(encode_to_worker(*read), bytes));
    collect_set(parsed<proto::ToWorker>(bytes), fields);
  }
  CHECK(kinds.size() == std::variant_size_v<decltype(ToWorker::what)>);
  std::set<std::string> all;
  collect_all(*proto::ToWorker::descriptor(), all);
  CHECK(fields == all);
}

TEST_CASE("EveryReportArrivesAsItWasSent") {
  std::set<size_t> kinds;
  std::set<std::string> fields;
  for (const FromWorker& report : every_report()) {
    kinds.insert(report.what.index());
    const std::string bytes = encode_from_worker(report);
    const Result<FromWorker> read = decode_from_worker(bytes);
    INFO((read.ok() ? "" : read.error().message));
    REQUIRE(read.ok());
    CHECK(read->job == report.job);
    CHECK(read->generation == report.generation);
    REQUIRE(read->what.index() == report.what.index());
    CHECK(same_message<proto::FromWorker>(encode_from_worker(*read), bytes));
    collect_set(parsed<proto::FromWorker>(bytes), fields);
  }
  CHECK(kinds.size() == std::variant_size_v<decltype(FromWorker::what)>);
  std::set<std::string> all;
  collect_all(*proto::FromWorker::descriptor(), all);
  CHECK(fields == all);
}

TEST_CASE("TheGraphOfAnOrderIsTheSameGraph") {
  const ToWorker order = every_order().front();
  const Result<ToWorker> read = decode_to_worker(encode_to_worker(order), sql_expression);
  REQUIRE(read.ok());
  CHECK(same_graph(std::get<order::Prepare>(read->what).graph,
                   std::get<order::Prepare>(order.what).graph));
}

TEST_CASE("HelloAndWelcomeArriveAsTheyWereSent") {
  const Hello hello{.version = "0.1.0",
                    .exchange_address = "10.0.0.1:7001",
                    .http_address = "10.0.0.1:7002",
                    .slots = 4,
                    .memory = uint64_t{1} << 33};
  const Result<Hello> read = decode_hello(encode_hello(hello));
  REQUIRE(read.ok());
  CHECK(*read == hello);

  const Welcome welcome{
      .worker = 3, .term = 2, .store = "file:x", .store_mark = "m", .lease_us = 3'000'000};
  const Result<Welcome> answer = decode_welcome(encode_welcome(welcome));
  REQUIRE(answer.ok());
  CHECK(encode_welcome(*answer) == encode_welcome(welcome));
  CHECK(answer->lease_us == welcome.lease_us);
  std::set<std::string> fields;
  std::set<std::string> all;
  collect_set(parsed<proto::Hello>(encode_hello(hello)), fields);
  collect_set(parsed<proto::Welcome>(encode_welcome(welcome)), fields);
  collect_all(*proto::Hello::descriptor(), all);
  collect_all(*proto::Welcome::descriptor(), all);
  CHECK(fields == all);
}

TEST_CASE("AHelloOfALaterVersionIsUnderstood") {
  proto::Hello message;
  message.set_version("99");
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(77, 1);
  const Result<Hello> read = decode_hello(message.SerializeAsString());
  REQUIRE(read.ok());
  CHECK(read->version == "99");
}

TEST_CASE("AWelcomeWithoutALeaseIsRefused") {
  CHECK_FALSE(decode_welcome(encode_welcome({.worker = 1, .lease_us = 0})).ok());
}

TEST_CASE("AMessageThatSaysNothingIsRefused") {
  CHECK_THAT(refusal(proto::ToWorker()), Contains("it orders nothing"));
  CHECK_THAT(refusal(proto::FromWorker()), Contains("it reports nothing"));
}

TEST_CASE("UnknownFieldsAreRefusedAtAnyDepth") {
  proto::ToWorker order = prepare_message();
  proto::PlanOptions& options = *order.mutable_prepare()->mutable_options();
  options.GetReflection()->MutableUnknownFields(&options)->AddVarint(77, 1);
  CHECK_THAT(refusal(order), Contains("unknown field in PlanOptions"));
  proto::FromWorker report;
  report.GetReflection()->MutableUnknownFields(&report)->AddVarint(77, 1);
  CHECK_THAT(refusal(report), Contains("unknown field in FromWorker"));
}

TEST_CASE("PartsThatAreMissingAreNamed") {
  proto::ToWorker order = prepare_message();
  order.mutable_prepare()->clear_options();
  CHECK_THAT(refusal(order), Contains("it has no options of its plan"));
  proto::ToWorker replay;
  replay.mutable_replay()->mutable_options();
  CHECK_THAT(refusal(replay), Contains("it has no checkpoint to replay"));
  proto::FromWorker taken;
  taken.mutable_snapshot_taken();
  CHECK_THAT(refusal(taken), Contains("it has no snapshot"));
  taken.mutable_snapshot_taken()->mutable_snapshot();
  taken.mutable_snapshot_taken()->add_outputs()->add_sealed()->mutable_id();
  CHECK_THAT(refusal(taken), Contains("it has no contents of sealed output"));
  proto::FromWorker failed;
  failed.mutable_task_failed();
  CHECK_THAT(refusal(failed), Contains("unknown kind 0"));
}

TEST_CASE("KindsOfErrorsThatNobodyKnowsAreRefused") {
  proto::FromWorker report;
  report.mutable_failed()->set_kind(static_cast<proto::ErrorKind>(77));
  CHECK_THAT(refusal(report), Contains("unknown kind 77"));
}

TEST_CASE("AGraphThatIsNoneIsRefused") {
  proto::ToWorker order = prepare_message();
  order.mutable_prepare()->set_graph("{");
  CHECK_THAT(refusal(order), StartsWith("cannot read an order to a worker: "));
}

TEST_CASE("WorkersThatDoNotTakePartAreRefused") {
  proto::ToWorker order = prepare_message();
  order.mutable_prepare()->set_self(2);
  CHECK_THAT(refusal(order), Contains("it is for worker 2 of 2"));
  order = prepare_message();
  order.mutable_prepare()->add_placement(5);
  CHECK_THAT(refusal(order), Contains("it places a task on worker 5 of 2"));
}

TEST_CASE("NamesThatStandTwiceAreRefused") {
  proto::FromWorker report = parsed<proto::FromWorker>([] {
    for (const FromWorker& message : every_report()) {
      if (std::holds_alternative<report::SnapshotTaken>(message.what)) {
        return encode_from_worker(message);
      }
    }
    return std::string();
  }());
  proto::TaskSnapshot& snapshot = *report.mutable_snapshot_taken()->mutable_snapshot();
  *snapshot.add_splits() = snapshot.splits(0);
  CHECK_THAT(refusal(report), Contains("a split stands in its snapshot twice"));
}

TEST_CASE("BytesThatAreCutOrChangedGiveAnErrorOrAMessage") {
  for (const FromWorker& report : every_report()) {
    const std::string bytes = encode_from_worker(report);
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(~changed[i]);
      (void)decode_from_worker(changed).ok();
      (void)decode_from_worker(std::string_view(bytes).substr(0, i)).ok();
    }
  }
  CHECK_FALSE(decode_from_worker("no message").ok());
  CHECK_FALSE(decode_to_worker("no message", sql_expression).ok());
  CHECK_FALSE(decode_hello("no message").ok());
  CHECK_FALSE(decode_welcome("no message").ok());
}

}  // namespace
}  // namespace weir
