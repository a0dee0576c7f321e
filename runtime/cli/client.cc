#include "runtime/cli/client.h"

#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"
#include "runtime/coordinator/api_request.h"
#include "runtime/coordinator/job_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

namespace json = boost::json;

constexpr int64_t kFollowMicros = 200'000;  // Between two looks.
constexpr int kFailuresInARowMax = 150;     // Half a minute of them.
constexpr const char* kNothing = "-";

json::value read_document(const std::string& body) {
  json::error_code error;
  json::value value = json::parse(body, error);
  return error ? json::value() : value;
}

RefusalKind kind_of(std::string_view name, int status) {
  for (const RefusalKind kind : {RefusalKind::kUser, RefusalKind::kUnknown, RefusalKind::kConflict,
                                 RefusalKind::kUnavailable, RefusalKind::kCorrupt}) {
    if (refusal_name(kind) == name) return kind;
  }
  return status < 500 ? RefusalKind::kUser : RefusalKind::kCorrupt;
}

Refusal refusal_in(const ApiReply& reply) {
  const json::value value = read_document(reply.body);
  const json::object error =
      value.is_object() ? object_at(value.get_object(), "error") : json::object();
  const json::value* message = error.if_contains("message");
  const json::value* kind = error.if_contains("kind");
  Refusal refusal;
  refusal.kind =
      kind_of(kind != nullptr && kind->is_string() ? kind->get_string() : "", reply.status);
  if (message != nullptr && message->is_string()) {
    refusal.message = std::string(std::string_view(message->get_string()));
  } else {
    refusal.message = fmt::format("the coordinator answered with status {}", reply.status);
  }
  return refusal;
}

const json::value* number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value : nullptr;
}

uint64_t whole(const json::value& number) {
  if (number.is_uint64()) return number.get_uint64();
  if (number.is_int64()) return static_cast<uint64_t>(std::max<int64_t>(0, number.get_int64()));
  return static_cast<uint64_t>(std::clamp(number.get_double() + 0.5, 0.0, 1e18));
}

}  // namespace

int exit_code(const Refusal& refusal) {
  switch (refusal.kind) {
    case RefusalKind::kUser:
    case RefusalKind::kUnknown:
    case RefusalKind::kConflict: return kExitUsage;
    case RefusalKind::kUnavailable: return kExitUnreachable;
    case RefusalKind::kCorrupt: return kExitFailed;
  }
  unreachable();
}

Answer<std::string> ask(const Client& client, const ApiRequest& request) {
  Result<ApiReply> reply = client.call(request);
  if (!reply.ok() && reply.error().kind == ErrorKind::kUnavailable) {
    return Refusal{
        .kind = RefusalKind::kUnavailable,
        .message = fmt::format("cannot reach the coordinator at {}: start it, or name another "
                               "address with --coordinator or WEIR_COORDINATOR ({})",
                               client.coordinator, reply.error().message)};
  }
  if (!reply.ok()) return std::move(reply).error();
  if (reply->status >= 300) return refusal_in(*reply);
  return reply->body;
}

Answer<json::object> ask_document(const Client& client, const ApiRequest& request) {
  const std::string body = TRY(ask(client, request));
  json::value value = read_document(body);
  if (value.is_object()) return std::move(value.get_object());
  return Refusal{.kind = RefusalKind::kCorrupt,
                 .message = fmt::format("what answers at {} is no coordinator of this version",
                                        client.coordinator)};
}

ApiRequest get(std::string target) { return {.method = "GET", .target = std::move(target)}; }

ApiRequest post(std::string target, std::string body) {
  return {.method = "POST",
          .target = std::move(target),
          .body = std::move(body),
          .content_type = "application/json"};
}

std::string job_target(const std::string& job, std::string_view what) {
  return fmt::format("/api/v1/jobs/{}{}", percent_encoded(job), what);
}

Answer<std::string> id_of(const Client& client, const std::string& job) {
  const json::object document = TRY(ask_document(client, get(job_target(job))));
  return text_at(document, "id");
}

Answer<std::optional<json::object>> follow(const Client& client, const std::string& job,
                                           const JobCondition& done) {
  int failures = 0;
  while (true) {
    Answer<json::object> document = ask_document(client, get(job_target(job)));
    if (document.ok() && done(*document)) return std::optional(std::move(document).value());
    const bool is_away = !document.ok() && document.error().kind == RefusalKind::kUnavailable;
    if (!document.ok() && !is_away) return std::move(document).error();
    failures = is_away ? failures + 1 : 0;
    if (failures > kFailuresInARowMax) return std::move(document).error();
    if (client.pause(kFollowMicros)) continue;
    client.say(fmt::format("interrupted: job {0} goes on, see weir show {0}\n", job));
    return std::optional<json::object>();
  }
}

bool has_ended(const json::object& job) {
  const std::string state = text_at(job, "state");
  return std::any_of(std::begin(kJobStates), std::end(kJobStates), [&state](JobState each) {
    return state_name(each) == state && has_ended(each);
  });
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return kNothing;
  if (!value->is_string()) return json::serialize(*value);
  return std::string(std::string_view(value->get_string()));
}

std::string time_at(const json::object& object, std::string_view key) {
  std::string text = text_at(object, key);
  const size_t point = text.find('.');
  return point == std::string::npos ? text : text.substr(0, point) + "Z";
}

std::string count_at(const json::object& object, std::string_view key) {
  const json::value* number = number_at(object, key);
  return number == nullptr ? kNothing : with_commas(whole(*number));
}

std::string bytes_at(const json::object& object, std::string_view key) {
  const json::value* number = number_at(object, key);
  return number == nullptr ? kNothing : bytes_text(whole(*number));
}

std::string seconds_at(const json::object& object, std::string_view key) {
  const json::value* number = number_at(object, key);
  return number == nullptr ? kNothing : seconds_text(number->to_number<double>());
}

json::array array_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

json::object object_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

}  // namespace weir
