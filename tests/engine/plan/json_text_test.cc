#include "engine/plan/json_text.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <string>

namespace weir {

TEST_CASE("WhatFitsStandsOnOneLine") {
  const std::string text(90, 'x');
  const boost::json::object root{{"short", {1, 2}}, {"long", {text, text}}};
  CHECK(json_text(root) == "{\n  \"short\": [1, 2],\n  \"long\": [\n    \"" + text + "\",\n    \"" +
                               text + "\"\n  ]\n}\n");
}

}  // namespace weir
