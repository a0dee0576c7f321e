#include "runtime/coordinator/job_record.h"

#include "engine/base/match.h"
#include "engine/plan/options.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>

namespace weir {
namespace {

namespace json = boost::json;

constexpr const char* kMark = "store-mark";

// Names sort as their numbers do.
std::string number_name(const std::string& folder, uint64_t number) {
  return fmt::format("{}/{:012}", folder, number);
}

Result<uint64_t> number_of(const std::string& name) {
  const size_t at = name.rfind('/') + 1;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + at, name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number;
  return corrupt("not an object of ours: " + name);
}

// Of these, in their order; 0: there are none.
Result<uint64_t> last_number(const std::vector<std::string>& names) {
  return names.empty() ? Result<uint64_t>(uint64_t{0}) : number_of(names.back());
}

Result<uint64_t> last_number(SnapshotStore& store, const std::string& folder) {
  return last_number(TRY(store.list(folder + "/")));
}

// What a newer one has replaced. What is left, since the store does not answer, goes with the next.
void remove_all(SnapshotStore& store, const std::vector<std::string>& names) {
  for (const std::string& name : names) (void)store.remove(name);
}

// Two numbers under one name: "from": [generation, epoch].
void put_checkpoint(json::object& out, const char* key, const std::optional<CheckpointId>& id) {
  if (id.has_value()) out[key] = json::array{id->generation.value(), id->epoch.value()};
}

std::optional<CheckpointId> checkpoint_at(const json::object& in, const char* key) {
  const json::value* found = in.if_contains(key);
  if (found == nullptr || !found->is_array() || found->get_array().size() != 2) return {};
  json::error_code trouble;
  const auto generation = found->get_array()[0].to_number<uint64_t>(trouble);
  if (trouble) return {};
  const auto epoch = found->get_array()[1].to_number<uint64_t>(trouble);
  if (trouble) return {};
  return CheckpointId{Generation(generation), Epoch(epoch)};
}

std::optional<JobState> state_of(std::string_view name) {
  for (const JobState state : kJobStates) {
    if (state_name(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace

std::string random_digits(size_t digits) {
  std::random_device entropy;
  std::string text;
  while (text.size() < digits) text += fmt::format("{:08x}", entropy());
  return text.substr(0, digits);
}

std::string encode_record(const JobRecord& record) {
  json::object out;
  out["version"] = 1;
  out["id"] = record.id;
  out["graph"] = to_json(record.graph);
  out["parallelism"] = record.parallelism;
  out["from"] = record.from;
  out["fork"] = record.fork;
  put_checkpoint(out, "savepoint", record.savepoint);
  out["submitted_at"] = record.submitted_at;
  out["stops"] = record.stops;
  out["stop_to"] = record.stop_to;
  out["ended"] = record.ended.has_value() ? std::string(state_name(*record.ended)) : std::string();
  out["ended_at"] = record.ended_at;
  out["reason"] = record.reason;
  out["lineage"] = record.lineage;
  put_checkpoint(out, "newest", record.newest);
  return json::serialize(out);
}

Result<JobRecord> decode_record(const std::string& text, const ExpressionReader& reader) {
  json::error_code trouble;
  const json::value parsed = json::parse(text, trouble);
  if (trouble || !parsed.is_object()) return corrupt("not a job's record");
  const json::object& in = parsed.as_object();
  const auto text_of = [&](const char* key) {
    const json::value* found = in.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
  };
  const auto number = [&](const char* key) {
    const json::value* found = in.if_contains(key);
    return found != nullptr && found->is_int64() ? found->as_int64() : 0;
  };
  const auto flag = [&](const char* key) {
    const json::value* found = in.if_contains(key);
    return found != nullptr && found->is_bool() && found->as_bool();
  };
  if (number("version") != 1) {
    return user_error("a job's record was written by another version of the engine");
  }
  const int64_t parallelism = number("parallelism");
  const std::string ended = text_of("ended");
  JobRecord record{.id = text_of("id"),
                   .graph = TRY(job_graph_from_json(text_of("graph"), reader)),
                   .parallelism = static_cast<uint32_t>(parallelism),
                   .from = text_of("from"),
                   .fork = flag("fork"),
                   .savepoint = checkpoint_at(in, "savepoint"),
                   .submitted_at = number("submitted_at"),
                   .stops = flag("stops"),
                   .stop_to = text_of("stop_to"),
                   .ended = state_of(ended),
                   .ended_at = number("ended_at"),
                   .reason = text_of("reason"),
                   .lineage = text_of("lineage"),
                   .newest = checkpoint_at(in, "newest")};
  const bool has_instances = parallelism >= 1 && parallelism <= kParallelismMax;
  const bool is_known_end = ended.empty() || (record.ended.has_value() && has_ended(*record.ended));
  if (record.id.empty() || !has_instances || !is_known_end) {
    return corrupt("a job's record is not whole");
  }
  return record;
}

std::string encode_past(const PastJob& job) {
  json::object out{{"version", 2}, {"id", job.id}, {"name", job.name}, {"lineage", job.lineage}};
  put_checkpoint(out, "newest", job.newest);
  return json::serialize(out);
}

std::optional<PastJob> decode_past(const std::string& text) {
  json::error_code trouble;
  const json::value parsed = json::parse(text, trouble);
  if (trouble || !parsed.is_object()) return std::nullopt;
  const json::object& in = parsed.as_object();
  const json::value* version = in.if_contains("version");
  if (version == nullptr || *version != 2) return std::nullopt;
  const auto text_of = [&](const char* key) {
    const json::value* found = in.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
  };
  PastJob job{.id = text_of("id"),
              .name = text_of("name"),
              .lineage = text_of("lineage"),
              .newest = checkpoint_at(in, "newest")};
  if (job.id.empty()) return std::nullopt;
  return job;
}

JobRegistry::JobRegistry(SnapshotStore& store, ExpressionReader reader)
    : store_(store), reader_(std::move(reader)) {}

Status JobRegistry::begin_term() {
  TRY(store_.put_if_absent(kMark, random_digits(32)));
  const std::optional<std::string> mark = TRY(store_.get(kMark));
  if (!mark.has_value()) return corrupt(fmt::format("{} is gone from the store", kMark));
  store_mark_ = *mark;
  for (;;) {
    const std::vector<std::string> before = TRY(store_.list("terms/"));
    term_ = TRY(last_number(before)) + 1;
    const PutIfAbsent put = TRY(store_.put_if_absent(number_name("terms", term_), ""));
    if (put == PutIfAbsent::kWasThere) continue;
    remove_all(store_, before);
    return {};
  }
}

Result<bool> JobRegistry::leads() {
  const uint64_t last = TRY(last_number(store_, "terms"));
  return last == term_;
}

// Absent: it is not there any more.
Result<std::optional<StoredRecord>> JobRegistry::read(const std::string& name) {
  const std::optional<std::string> text = TRY(store_.get(name));
  if (!text.has_value()) return std::optional<StoredRecord>();
  std::optional<PastJob> past = decode_past(*text);
  if (past.has_value()) return std::optional<StoredRecord>(*std::move(past));
  Result<JobRecord> record = decode_record(*text, reader_);
  if (record.ok()) return std::optional<StoredRecord>(std::move(record).value());
  return Error{record.error().kind, fmt::format("{}: {}", name, record.error().message)};
}

// The coordinator before may still be writing: what it replaces while this one looks is read anew.
Result<StoredJobs> JobRegistry::jobs() {
  std::optional<StoredJobs> found;
  while (!found.has_value()) {
    found = TRY(jobs_listed());
  }
  std::sort(found->jobs.begin(), found->jobs.end(), [](const JobRecord& a, const JobRecord& b) {
    return std::pair(a.submitted_at, a.id) < std::pair(b.submitted_at, b.id);
  });
  return std::move(*found);
}

// Absent: one of them was replaced meanwhile.
Result<std::optional<StoredJobs>> JobRegistry::jobs_listed() {
  const std::vector<std::string> names = TRY(store_.list("registry/"));
  std::map<std::string, std::string> newest;  // By job; names come in their order.
  for (const std::string& name : names) newest[name.substr(0, name.rfind('/'))] = name;
  StoredJobs found;
  for (const auto& [job, name] : newest) {
    std::optional<StoredRecord> record = TRY(read(name));
    if (!record.has_value()) return std::optional<StoredJobs>();
    std::visit(Match{[&](JobRecord& one) { found.jobs.push_back(std::move(one)); },
                     [&](PastJob& one) { found.past.push_back(std::move(one)); }},
               *record);
  }
  return std::optional(std::move(found));
}

Status JobRegistry::write(const JobRecord& record) {
  return write(record.id, encode_record(record));
}

Status JobRegistry::forget(const PastJob& job) { return write(job.id, encode_past(job)); }

// First looked, then asked who leads: what a coordinator of a later term writes is then above what
// was seen here, and this one comes to nothing.
Status JobRegistry::write(const std::string& job, const std::string& text) {
  const std::string folder = "registry/" + job;
  const std::vector<std::string> before = TRY(store_.list(folder + "/"));
  const uint64_t next = TRY(last_number(before)) + 1;
  const bool leads = TRY(this->leads());
  if (!leads) return Error{ErrorKind::kFenced, "a later coordinator leads this cluster"};
  const PutIfAbsent put = TRY(store_.put_if_absent(number_name(folder, next), text));
  const uint64_t newest = TRY(last_number(store_, folder));
  if (put == PutIfAbsent::kWasThere || newest != next) {
    return Error{ErrorKind::kFenced, "another coordinator writes the records of job " + job};
  }
  remove_all(store_, before);  // Older ones say nothing that the newest does not.
  return {};
}

Result<bool> JobRegistry::has_ended(const std::string& job) {
  for (;;) {
    const std::vector<std::string> names = TRY(store_.list("registry/" + job + "/"));
    if (names.empty()) return false;
    const std::optional<StoredRecord> found = TRY(read(names.back()));
    if (!found.has_value()) continue;  // Replaced meanwhile.
    const auto* record = std::get_if<JobRecord>(&*found);
    return record == nullptr || record->ended.has_value();
  }
}

}  // namespace weir
