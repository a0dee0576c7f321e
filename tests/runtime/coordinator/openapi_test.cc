// The description against what is served: every route is in it, every document fits its form, and
// every form describes a document.
#include "runtime/coordinator/openapi.h"

#include "runtime/coordinator/api.h"
#include "tests/runtime/coordinator/fake_cluster.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace weir {
namespace {

namespace json = boost::json;

// The part of JSON Schema that the description uses.
class SchemaCheck {
 public:
  explicit SchemaCheck(const json::value& openapi)
      : schemas_(openapi.at("components").at("schemas").as_object()) {}

  // What does not fit, a line each.
  std::vector<std::string> findings;
  std::set<std::string> used;

  void check(const json::value& schema, const json::value& value, const std::string& path) {
    const json::object& rules = schema.as_object();
    if (const json::value* name = rules.if_contains("$ref")) return follow(*name, value, path);
    if (const json::value* either = rules.if_contains("anyOf")) {
      if (!value.is_null()) check(either->as_array()[0], value, path);
      return;
    }
    const std::string_view type = rules.at("type").as_string();
    if (!is_of_type(value, type)) {
      return find(path, fmt::format("{} is no {}", json::serialize(value), type));
    }
    if (const json::value* known = rules.if_contains("enum")) {
      const json::array& all = known->as_array();
      if (std::find(all.begin(), all.end(), value) == all.end()) find(path, "unknown word");
    }
    if (type == "array") {
      for (const json::value& item : value.as_array()) check(rules.at("items"), item, path + "[]");
    }
    if (type == "object") check_object(rules, value.as_object(), path);
  }

 private:
  void find(const std::string& path, const std::string& what) {
    findings.push_back(path + ": " + what);
  }

  void follow(const json::value& reference, const json::value& value, const std::string& path) {
    std::string name(reference.as_string());
    name = name.substr(name.rfind('/') + 1);
    used.insert(name);
    check(schemas_.at(name), value, path + "/" + name);
  }

  static bool is_of_type(const json::value& value, std::string_view type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_bool();
    if (type == "array") return value.is_array();
    return value.is_object();
  }

  void check_object(const json::object& rules, const json::object& object,
                    const std::string& path) {
    if (const json::value* values = rules.if_contains("additionalProperties")) {
      for (const auto& field : object) check(*values, field.value(), path + "{}");
    }
    const json::value* properties = rules.if_contains("properties");
    if (properties == nullptr) return;  // Of any form.
    for (const json::value& name : rules.at("required").as_array()) {
      if (!object.contains(name.as_string())) find(path, json::serialize(name) + " is missing");
    }
    for (const auto& field : object) {
      const json::value* schema = properties->as_object().if_contains(field.key());
      const std::string inner = path + "." + std::string(field.key());
      if (schema == nullptr) {
        find(inner, "is not described");
      } else {
        check(*schema, field.value(), inner);
      }
    }
  }

  const json::object& schemas_;
};

// A request that is done for the route, by the fake.
ApiRequest request_for(const ApiRoute& route) {
  std::string target(route.path);
  const auto fill = [&target](const std::string& name, const std::string& value) {
    const size_t at = target.find(name);
    if (at != std::string::npos) target.replace(at, name.size(), value);
  };
  fill("{job}", "count");
  fill("{number}", "1");
  std::string body;
  if (route.body == "Submit") body = R"({"sql": "SELECT 1"})";
  if (route.body == "Rescale") body = R"({"parallelism": 2})";
  return {std::string(route.method), target, body, "application/json"};
}

struct Described {
  json::value document = json::parse(openapi());
  FakeCluster cluster;

  Described() {
    cluster.seen.workers = {{.id = "1",
                             .exchange_address = "h:7010",
                             .http_address = "h:7011",
                             .version = "0.1.0",
                             .slots = 2,
                             .slots_used = 1,
                             .memory = 1 << 30}};
    JobView failed{.id = "00000001", .name = "broken", .now = kNewYear};
    failed.state = JobState::kFailed;
    failed.reason = "clicks: not JSON";
    failed.watermark = kMaxTime;
    cluster.known.push_back(failed);
  }
};

TEST_CASE("EveryRouteIsDescribedAndTheOtherWayRound") {
  const Described described;
  std::set<std::string> served;
  for (const ApiRoute& route : api_routes()) {
    served.insert(fmt::format("{} {}", route.method, route.path));
  }
  std::set<std::string> documented;
  for (const auto& path : described.document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      std::transform(method.begin(), method.end(), method.begin(), ::toupper);
      documented.insert(fmt::format("{} {}", method, std::string(path.key())));
    }
  }
  REQUIRE(served == documented);
}

TEST_CASE("EveryDocumentFitsItsForm") {
  Described described;
  SchemaCheck check(described.document);
  for (const ApiRoute& route : api_routes()) {
    const ApiReply reply = handle_api(described.cluster, request_for(route));
    CAPTURE(route.method, route.path, reply.body);
    REQUIRE(reply.status == route.status);
    if (route.answer.find('/') != std::string_view::npos) {
      REQUIRE(reply.content_type.starts_with(route.answer));
      continue;
    }
    const std::string name = fmt::format("#/components/schemas/{}", route.answer);
    check.check(json::object{{"$ref", json::string(name)}}, json::parse(reply.body), "");
  }
  REQUIRE(check.findings == std::vector<std::string>{});
}

TEST_CASE("RefusalsFitTheirForm") {
  Described described;
  SchemaCheck check(described.document);
  for (const int line : {0, 3}) {
    described.cluster.refusal = Refusal{.message = "no", .line = line, .column = line};
    const ApiReply reply = handle_api(described.cluster, {"GET", "/api/v1/jobs", "", ""});
    check.check(json::object{{"$ref", "#/components/schemas/Error"}}, json::parse(reply.body), "");
  }
  REQUIRE(check.findings == std::vector<std::string>{});
}

TEST_CASE("NoFormIsForNothing") {
  Described described;
  SchemaCheck check(described.document);
  std::set<std::string> used;
  for (const ApiRoute& route : api_routes()) {
    used.insert(std::string(route.body));
    if (route.answer.find('/') != std::string_view::npos) continue;
    const std::string name = fmt::format("#/components/schemas/{}", route.answer);
    const ApiReply reply = handle_api(described.cluster, request_for(route));
    check.check(json::object{{"$ref", json::string(name)}}, json::parse(reply.body), "");
  }
  used.insert(check.used.begin(), check.used.end());
  used.insert({"Error", "ErrorText"});
  for (const auto& schema : described.document.at("components").at("schemas").as_object()) {
    CAPTURE(std::string(schema.key()));
    REQUIRE(used.contains(std::string(schema.key())));
  }
}

TEST_CASE("ADocumentThatDoesNotFitIsFound") {
  const Described described;
  SchemaCheck check(described.document);
  const json::value schema = {{"$ref", "#/components/schemas/Restart"}};
  check.check(schema, json::parse(R"({"at": 5, "cause": "x"})"), "");
  REQUIRE(check.findings == std::vector<std::string>{"/Restart: \"reason\" is missing",
                                                     "/Restart.at: 5 is no string",
                                                     "/Restart.cause: is not described"});
}

}  // namespace
}  // namespace weir
