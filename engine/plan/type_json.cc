#include "engine/plan/type_json.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

namespace weir {
namespace {

namespace json = boost::json;

Error not_a_type() {
  return user_error(
      "a type is a text such as \"bigint\", {\"name\": ..., \"fields\": [...]}, or {\"array\": "
      "...}");
}

Result<Type> type_of_text(std::string_view text) {
  if (!text.ends_with("[]")) return type_named(text);
  return Type::array(TRY(type_of_text(text.substr(0, text.size() - 2))));
}

Result<Field> field_from_json(const json::value& value) {
  const json::object* object = value.if_object();
  const json::value* name = object == nullptr ? nullptr : object->if_contains("name");
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (name == nullptr || type == nullptr || !name->is_string() || object->size() != 2) {
    return user_error("a field of a composite type is {\"name\": ..., \"type\": ...}");
  }
  Field field;
  field.name = std::string_view(name->get_string());
  field.type = TRY(type_from_json(*type));
  return field;
}

Result<Type> composite_from_json(const json::object& object) {
  const json::value* name = object.if_contains("name");
  const json::value* fields = object.if_contains("fields");
  if (name == nullptr || fields == nullptr) return not_a_type();
  if (!name->is_string() || !fields->is_array() || object.size() != 2) return not_a_type();
  auto composite = std::make_shared<CompositeType>();
  composite->name = std::string_view(name->get_string());
  for (const json::value& field : fields->get_array()) {
    composite->fields.push_back(TRY(field_from_json(field)));
  }
  return Type::composite(std::move(composite));
}

}  // namespace

json::value type_to_json(const Type& type) {
  if (!type.has_composite()) return json::string(to_text(type));
  if (type.kind() == TypeKind::kArray) return json::object{{"array", type_to_json(type.element())}};
  json::array fields;
  for (const Field& field : type.fields().fields) {
    fields.push_back(json::object{{"name", field.name}, {"type", type_to_json(field.type)}});
  }
  return json::object{{"name", type.fields().name}, {"fields", std::move(fields)}};
}

Result<Type> type_from_json(const json::value& value) {
  if (const json::string* text = value.if_string()) return type_of_text(*text);
  const json::object* object = value.if_object();
  if (object == nullptr) return not_a_type();
  const json::value* element = object->if_contains("array");
  if (element == nullptr) return composite_from_json(*object);
  if (object->size() != 1) return not_a_type();
  return Type::array(TRY(type_from_json(*element)));
}

}  // namespace weir
