// JSON for people: what fits stands on one line, everything else is broken up.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace weir {

// Ends with a line end.
std::string json_text(const boost::json::object& root);

}  // namespace weir
