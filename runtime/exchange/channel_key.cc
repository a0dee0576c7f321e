#include "runtime/exchange/channel_key.h"

#include <fmt/format.h>

namespace weir {

std::string to_text(const ChannelKey& key) {
  return fmt::format("edge={} from={} to={}", key.edge, key.from, key.to);
}

}  // namespace weir
