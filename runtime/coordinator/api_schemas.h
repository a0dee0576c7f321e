// The forms of the REST interface's documents, as data: openapi.cc makes JSON Schemas of them, and
// a test holds what documents.cc writes against them.
//
// Types are written so:
//   string, integer, number, boolean, time (RFC 3339, or "infinity"), object (of any form)
//   a|b|c      one of these texts
//   [T]        array of T
//   {T}        object with values of T
//   Name       another of these forms
//   T?         T or null
#pragma once

#include <span>
#include <string_view>

namespace weir {

struct ApiField {
  std::string_view name;  // With "?" at its end: it may be absent.
  std::string_view type;
  std::string_view sentence;
};

struct ApiSchema {
  std::string_view name;
  std::string_view sentence;
  std::span<const ApiField> fields;
  std::span<const ApiField> more;  // Behind them.
};

std::span<const ApiSchema> api_schemas();

}  // namespace weir
