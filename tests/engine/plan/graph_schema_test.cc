// The JSON Schema names exactly the keys that are read.
#include "engine/plan/graph_text.h"
#include "engine/plan/spec_fields.h"
#include "tests/engine/plan/fraud_graph.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

namespace json = boost::json;

const json::object& vertex_form(const json::value& schema, std::string_view kind) {
  const json::array& forms =
      schema.at("properties").at("vertices").at("items").at("oneOf").as_array();
  for (const json::value& form : forms) {
    if (form.at("properties").at("kind").at("const").as_string() == kind) return form.as_object();
  }
  FAIL("no form for " << kind);
  return schema.as_object();
}

// Every key of an instance stands in the schema's properties, and every required key in the
// instance.
void check_keys(const json::object& instance, const json::object& form) {
  const json::object& properties = form.at("properties").as_object();
  for (const json::key_value_pair& each : instance) {
    INFO(std::string(each.key()));
    CHECK(properties.contains(each.key()));
  }
  for (const json::value& key : form.at("required").as_array()) {
    INFO(std::string(key.as_string()));
    CHECK(instance.contains(key.as_string()));
  }
  CHECK(form.at("additionalProperties") == json::value(false));
}

}  // namespace

TEST_CASE("SchemaDescribesWhatIsWritten") {
  const json::value schema = json::parse(job_graph_schema());
  CHECK(schema.at("$schema").as_string() == "https://json-schema.org/draft/2020-12/schema");
  const json::value graph = json::parse(to_json(fraud_graph()));
  check_keys(graph.as_object(), schema.as_object());
  for (const json::value& vertex : graph.at("vertices").as_array()) {
    check_keys(vertex.as_object(), vertex_form(schema, vertex.at("kind").as_string()));
  }
  const json::object& edge = schema.at("properties").at("edges").at("items").as_object();
  for (const json::value& each : graph.at("edges").as_array()) check_keys(each.as_object(), edge);
}

TEST_CASE("SchemaKnowsChoicesAndTypes") {
  const json::value schema = json::parse(job_graph_schema());
  const json::object& source = vertex_form(schema, "source");
  CHECK(source.at("properties").at("on_error").at("enum") ==
        json::array({"fail", "skip", "dead_letter"}));
  const json::value& payload = source.at("properties").at("payload");
  CHECK(payload.at("items").at("properties").at("type").at("$ref").as_string() == "#/$defs/type");
  CHECK(schema.at("$defs").at("type").at("anyOf").as_array().size() == 3);
}

}  // namespace weir
