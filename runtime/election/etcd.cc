#include "runtime/election/etcd.h"

#include "engine/data/text_form.h"
#include "runtime/election/http_post.h"
#include "runtime/messages/addresses.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace weir {
namespace {

namespace json = boost::json;

// For an endpoint to answer. A leader's lease outlasts one that does not, and what the next needs.
constexpr std::chrono::milliseconds kPatience{1'000};
constexpr const char* kDefaultPrefix = "weir";
constexpr int64_t kSecond = 1'000'000;

std::string base64_of(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

Error not_understood(std::string_view what) {
  return unavailable(fmt::format("etcd's answer is not understood: {}", what));
}

Result<json::object> read_object(const ApiReply& reply) {
  json::error_code error;
  json::value value = json::parse(reply.body, error);
  if (error || !value.is_object()) {
    return not_understood(fmt::format("status {}, {} bytes", reply.status, reply.body.size()));
  }
  return std::move(value.get_object());
}

// Of a reply that is no success: "etcdserver: ..." and what to do about it.
Error trouble_of(const ApiReply& reply) {
  const Result<json::object> object = read_object(reply);
  std::string message;
  if (object.ok()) {
    const json::value* said = object->if_contains("message");
    if (said == nullptr) said = object->if_contains("error");
    if (said != nullptr && said->is_string()) message = std::string(said->get_string());
  }
  const std::string text = fmt::format("etcd answers with status {}: {}", reply.status, message);
  if (reply.status == 401 || reply.status == 403 ||
      message.find("user name is empty") != std::string::npos) {
    return user_error(text + "; let it know us by a certificate, or ask for no password");
  }
  return unavailable(text);
}

// Numbers of 64 bits are texts in JSON; what is zero is left out.
std::optional<int64_t> number_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return 0;
  if (found->is_int64()) return found->get_int64();
  if (!found->is_string()) return std::nullopt;
  const std::string_view digits = found->get_string();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// The leader in {"kvs": [{"value": ..., "lease": ...}]}; absent: there is no key.
Result<std::optional<election::Holder>> holder_in(const json::object& range) {
  const json::value* kvs = range.if_contains("kvs");
  if (kvs == nullptr) return std::optional<election::Holder>();
  if (!kvs->is_array() || kvs->get_array().empty() || !kvs->get_array()[0].is_object()) {
    return not_understood("no list of keys");
  }
  const json::object& found = kvs->get_array()[0].get_object();
  const json::value* value = found.if_contains("value");
  const std::optional<int64_t> lease = number_at(found, "lease");
  if (!lease.has_value() || (value != nullptr && !value->is_string())) {
    return not_understood("no key with a lease");
  }
  const std::string encoded = value == nullptr ? "" : std::string(value->get_string());
  std::string address = TRY(parse_base64(encoded));
  return std::optional<election::Holder>({std::move(address), election::LeaseId(*lease)});
}

json::object lease_body(election::LeaseId lease) { return {{"ID", std::to_string(lease.value())}}; }

}  // namespace

Result<EtcdAddress> parse_etcd_address(std::string_view text) {
  EtcdAddress address{.prefix = kDefaultPrefix};
  std::string_view rest = text;
  const auto refuse = [&] {
    return user_error(fmt::format(
        "cannot use --election {}: write etcd://host:port[,host:port...][/prefix], or etcds:// for "
        "TLS",
        text));
  };
  const size_t scheme = rest.find("://");
  if (scheme == std::string_view::npos) return refuse();
  address.tls = rest.substr(0, scheme) == "etcds";
  if (!address.tls && rest.substr(0, scheme) != "etcd") return refuse();
  rest.remove_prefix(scheme + 3);
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view prefix = rest.substr(std::min(slash + 1, rest.size()));
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!prefix.empty()) address.prefix = prefix;
  address.endpoints = TRY(parse_addresses(rest.substr(0, slash)));
  for (const HostPort& endpoint : address.endpoints) {
    if (endpoint.host.empty()) return refuse();
  }
  return address;
}

Etcd::Etcd(EtcdAddress address, Security security)
    : address_(std::move(address)),
      security_(std::move(security)),
      key_(base64_of(address_.prefix + "/leader")) {}

Result<ApiReply> Etcd::call(const std::string& target, const std::string& body) {
  Error trouble = unavailable("etcd has no endpoint");
  for (size_t i = 0; i < address_.endpoints.size(); ++i) {
    const HttpPost post{.server = address_.endpoints[next_],
                        .target = target,
                        .body = body,
                        .tls = address_.tls ? &security_ : nullptr};
    Result<ApiReply> reply = send_post(post, kPatience);
    // 5xx: it is cut off from the others, or has no leader among them.
    if (reply.ok() && reply->status < 500) return reply;
    trouble = reply.ok() ? trouble_of(*reply) : std::move(reply).error();
    next_ = (next_ + 1) % address_.endpoints.size();
  }
  return trouble;
}

Result<election::Looked> Etcd::look() {
  const ApiReply reply = TRY(call("/v3/kv/range", json::serialize(json::object{{"key", key_}})));
  if (reply.status != 200) return trouble_of(reply);
  const json::object object = TRY(read_object(reply));
  std::optional<election::Holder> holder = TRY(holder_in(object));
  return election::Looked{std::move(holder)};
}

Result<election::Granted> Etcd::grant(int64_t ttl_us) {
  const json::object body{{"TTL", std::to_string(ttl_us / kSecond)}};
  const ApiReply reply = TRY(call("/v3/lease/grant", json::serialize(body)));
  if (reply.status != 200) return trouble_of(reply);
  const json::object object = TRY(read_object(reply));
  const int64_t lease = number_at(object, "ID").value_or(0);
  const int64_t ttl = number_at(object, "TTL").value_or(0);
  if (lease == 0 || ttl <= 0) return not_understood("no lease");
  return election::Granted{election::LeaseId(lease), ttl * kSecond};
}

Result<election::Claimed> Etcd::claim(election::LeaseId lease, const std::string& address) {
  const json::object absent{
      {"key", key_}, {"target", "CREATE"}, {"create_revision", "0"}, {"result", "EQUAL"}};
  const json::object put{
      {"request_put",
       {{"key", key_}, {"value", base64_of(address)}, {"lease", std::to_string(lease.value())}}}};
  const json::object range{{"request_range", {{"key", key_}}}};
  const json::object body{{"compare", json::array{absent}},
                          {"success", json::array{put}},
                          {"failure", json::array{range}}};
  const ApiReply reply = TRY(call("/v3/kv/txn", json::serialize(body)));
  if (reply.status != 200) return trouble_of(reply);
  const json::value root = TRY(read_object(reply));
  const json::value* succeeded = root.get_object().if_contains("succeeded");
  if (succeeded != nullptr && succeeded->is_bool() && succeeded->get_bool()) {
    return election::Claimed{.is_ours = true};
  }
  json::error_code missing;
  const json::value* found = root.find_pointer("/responses/0/response_range", missing);
  if (found == nullptr || !found->is_object()) return not_understood("no answer to a claim");
  std::optional<election::Holder> holder = TRY(holder_in(found->get_object()));
  return election::Claimed{.is_ours = false, .holder = std::move(holder)};
}

// The answer is the first of a stream, which ends where the request does.
Result<election::KeptAlive> Etcd::keep_alive(election::LeaseId lease) {
  const ApiReply reply = TRY(call("/v3/lease/keepalive", json::serialize(lease_body(lease))));
  if (reply.status != 200) return trouble_of(reply);
  const json::object object = TRY(read_object(reply));
  const json::value* result = object.if_contains("result");
  if (result == nullptr || !result->is_object()) return not_understood("no result of a keep-alive");
  const std::optional<int64_t> ttl = number_at(result->get_object(), "TTL");
  if (!ttl.has_value()) return not_understood("no time to live");
  if (*ttl <= 0) return election::KeptAlive{};
  return election::KeptAlive{*ttl * kSecond};
}

Status Etcd::revoke(election::LeaseId lease) {
  const ApiReply reply = TRY(call("/v3/lease/revoke", json::serialize(lease_body(lease))));
  if (reply.status == 200 || reply.status == 404) return {};
  return trouble_of(reply);
}

}  // namespace weir
