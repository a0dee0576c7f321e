// The OpenAPI 3.1 description of the REST interface, made of api_routes() and api_schemas(). Pure.
#pragma once

#include <string>

namespace weir {

// A JSON document.
std::string openapi();

}  // namespace weir
