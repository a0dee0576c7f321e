// The key of an election (engine/protocol/election.h) and its lease, where all who take part see
// them: in etcd (etcd.h), or in a test.
//
// Owned by an Elector; one thread at a time calls it. Calls block for a bounded time. Errors:
// kUnavailable where there is no answer, which does not mean that nothing was done; kUser where
// asking again does not help (wrong certificates, an etcd that wants a password).
#pragma once

#include "engine/base/status.h"
#include "engine/protocol/election.h"

#include <cstdint>
#include <optional>
#include <string>

namespace weir {

class LeaderKey {
 public:
  virtual ~LeaderKey() = default;

  virtual Result<election::Looked> look() = 0;
  virtual Result<election::Granted> grant(int64_t ttl_us) = 0;
  // `address`: what others find as the key's value.
  virtual Result<election::Claimed> claim(election::LeaseId lease, const std::string& address) = 0;
  virtual Result<election::KeptAlive> keep_alive(election::LeaseId lease) = 0;
  // Done too where there is no such lease.
  virtual Status revoke(election::LeaseId lease) = 0;
};

}  // namespace weir
