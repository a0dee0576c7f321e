// A real etcd for tests, in a folder of its own, on ports that were free. Debian's package
// etcd-server has the program.
#pragma once

#include "runtime/messages/security.h"

#include <string>
#include <sys/types.h>

namespace weir {

class RealEtcd {
 public:
  // With a certificate in the Security it speaks TLS, and asks clients for theirs.
  explicit RealEtcd(const Security& security = {});
  ~RealEtcd();
  RealEtcd(const RealEtcd&) = delete;
  RealEtcd& operator=(const RealEtcd&) = delete;

  const HostPort& address() const { return address_; }
  void freeze() const;
  void thaw() const;

 private:
  void start(const Security& security);

  std::string folder_;
  HostPort address_;
  pid_t process_ = -1;
};

// A port of this machine where nobody listens.
uint16_t free_port();

}  // namespace weir
