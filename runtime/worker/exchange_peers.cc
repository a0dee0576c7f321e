#include "runtime/worker/exchange_peers.h"

#include <utility>

namespace weir {
namespace {

template <typename End>
std::vector<End> ends_of(const std::vector<RemoteEnd>& ends, const order::Prepare& life) {
  std::vector<End> out;
  for (const RemoteEnd& end : ends) {
    out.push_back({.key = {.edge = end.edge, .from = end.from, .to = end.to},
                   .channel = end.channel,
                   .schema = end.schema,
                   .peer = life.peers[end.peer.value()]});
  }
  return out;
}

}  // namespace

Peers peers_over(Exchange& exchange) {
  return {
      .connect = [&exchange](const std::string& job, Generation generation,
                             const order::Prepare& life, const std::vector<RemoteEnd>& outbound,
                             const std::vector<RemoteEnd>& inbound,
                             std::function<void(Error)> failed) -> Result<std::shared_ptr<void>> {
        return std::shared_ptr<void>(
            exchange.open({.job = job,
                           .generation = generation,
                           .outbound = ends_of<OutboundEnd>(outbound, life),
                           .inbound = ends_of<InboundEnd>(inbound, life),
                           .failed = std::move(failed)}));
      },
      .refuse_below = [&exchange](
                          const std::string& job,
                          Generation generation) { exchange.refuse_below(job, generation); }};
}

}  // namespace weir
