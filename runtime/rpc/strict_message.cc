#include "runtime/rpc/strict_message.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The name of the message type that holds a field nobody knows, or empty. Messages are no deeper
// than the parser allows, so the recursion ends.
std::string holder_of_unknown(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return message.GetDescriptor()->name();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const Message& part = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                 : reflection.GetMessage(message, field);
      std::string holder = holder_of_unknown(part);
      if (!holder.empty()) return holder;
    }
  }
  return {};
}

}  // namespace

Error bad_message(std::string_view what, std::string_view trouble) {
  return bad_data(fmt::format("cannot read {}: {}", what, trouble));
}

Status parse_leniently(Message& out, std::string_view bytes, std::string_view what) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return bad_message(what, fmt::format("it has {} bytes", bytes.size()));
  }
  if (!out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return bad_message(what, fmt::format("its {} bytes are no such message", bytes.size()));
  }
  return {};
}

Status parse_strictly(Message& out, std::string_view bytes, std::string_view what) {
  TRY(parse_leniently(out, bytes, what));
  const std::string holder = holder_of_unknown(out);
  if (!holder.empty()) {
    return bad_message(what, fmt::format("it has an unknown field in {}", holder));
  }
  return {};
}

Status require_part(bool is_there, std::string_view what, std::string_view part) {
  if (!is_there) return bad_message(what, fmt::format("it has no {}", part));
  return {};
}

}  // namespace weir
