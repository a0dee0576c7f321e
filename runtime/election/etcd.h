// A LeaderKey in etcd: over the JSON gateway of its v3 API, which every etcd from 3.4 on serves at
// the port for clients.
//
//   PREFIX/leader    the address of who leads; it exists while that one's lease is kept alive
//
// Endpoints are asked in turn: the one that answered last comes first, and each that does not
// answer within a second is followed by the next. All of them are one etcd: what is read is
// linearizable, whichever answers.
#pragma once

#include "runtime/election/leader_key.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/security.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What --election names.
struct EtcdAddress {
  std::vector<HostPort> endpoints;
  std::string prefix;  // Of the key
  bool tls = false;
};

// "etcd://host:port[,host:port...][/prefix]", or etcds:// for TLS. Without a prefix: "weir".
// kUser error for others.
Result<EtcdAddress> parse_etcd_address(std::string_view text);

class Etcd : public LeaderKey {
 public:
  // `security` is what etcds:// speaks TLS with: --tls-ca, and the certificate if there is one.
  Etcd(EtcdAddress address, Security security);

  Result<election::Looked> look() override;
  Result<election::Granted> grant(int64_t ttl_us) override;
  Result<election::Claimed> claim(election::LeaseId lease, const std::string& address) override;
  Result<election::KeptAlive> keep_alive(election::LeaseId lease) override;
  Status revoke(election::LeaseId lease) override;

 private:
  // The reply of the first endpoint that answers, whatever its status, unless that says that
  // another one may do better.
  Result<ApiReply> call(const std::string& target, const std::string& body);

  // Constant after construction.
  const EtcdAddress address_;
  const Security security_;
  const std::string key_;  // As JSON carries it

  size_t next_ = 0;  // The endpoint to ask first.
};

}  // namespace weir
