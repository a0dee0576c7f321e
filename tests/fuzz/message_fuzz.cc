// Goal: no bytes that a peer sends make the reading of its messages crash, and what is read can be
// written and read again. Method: libFuzzer hands over bytes; the last one chooses the message.
#include "engine/sql/sql.h"
#include "runtime/rpc/message_codec.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void check(bool fact) {
  if (!fact) std::abort();
}

template <typename T>
bool is_read(const weir::Result<T>& message) {
  if (!message.ok()) check(!message.error().message.empty());
  return message.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size - 1);
  switch (data[size - 1] % 4) {
    case 0: {
      const auto order = weir::decode_to_worker(bytes, weir::sql_expression);
      if (!is_read(order)) break;
      check(weir::decode_to_worker(weir::encode_to_worker(*order), weir::sql_expression).ok());
      break;
    }
    case 1: {
      const auto report = weir::decode_from_worker(bytes);
      if (is_read(report)) check(weir::decode_from_worker(weir::encode_from_worker(*report)).ok());
      break;
    }
    case 2: {
      const auto hello = weir::decode_hello(bytes);
      if (is_read(hello)) check(weir::decode_hello(weir::encode_hello(*hello)).value() == *hello);
      break;
    }
    default: {
      const auto welcome = weir::decode_welcome(bytes);
      if (is_read(welcome)) check(weir::decode_welcome(weir::encode_welcome(*welcome)).ok());
      break;
    }
  }
  return 0;
}
