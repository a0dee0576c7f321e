#include "engine/plan/json_text.h"

#include <boost/json.hpp>

namespace weir {
namespace {

namespace json = boost::json;

class Layout {
 public:
  std::string lay_out(const json::object& root) && {
    open_object(root, 0);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  static constexpr size_t kColumns = 100;

  static std::string on_one_line(const json::value& value) {
    std::string out;
    if (const json::object* object = value.if_object()) {
      for (const json::key_value_pair& field : *object) {
        if (!out.empty()) out += ", ";
        out += json::serialize(field.key()) + ": " + on_one_line(field.value());
      }
      return '{' + out + '}';
    }
    if (const json::array* array = value.if_array()) {
      for (const json::value& each : *array) {
        if (!out.empty()) out += ", ";
        out += on_one_line(each);
      }
      return '[' + out + ']';
    }
    return json::serialize(value);
  }

  void open_object(const json::object& object, size_t indent) {
    out_ += '{';
    for (auto field = object.begin(); field != object.end(); ++field) {
      next(field == object.begin(), indent + 2);
      const std::string key = json::serialize(field->key()) + ": ";
      out_ += key;
      put(field->value(), indent + 2, key.size());
    }
    out_ += '\n' + std::string(indent, ' ') + '}';
  }

  void open_array(const json::array& array, size_t indent) {
    out_ += '[';
    for (auto each = array.begin(); each != array.end(); ++each) {
      next(each == array.begin(), indent + 2);
      put(*each, indent + 2, 0);
    }
    out_ += '\n' + std::string(indent, ' ') + ']';
  }

  void put(const json::value& value, size_t indent, size_t used) {
    const std::string line = on_one_line(value);
    if (indent + used + line.size() < kColumns || !value.is_structured()) {
      out_ += line;
    } else if (const json::object* object = value.if_object()) {
      open_object(*object, indent);
    } else {
      open_array(value.get_array(), indent);
    }
  }

  void next(bool first, size_t indent) {
    out_ += first ? "\n" : ",\n";
    out_ += std::string(indent, ' ');
  }

  std::string out_;
};

}  // namespace

std::string json_text(const json::object& root) { return Layout().lay_out(root); }

}  // namespace weir
