// What a client command is told about its connection. Plain values.
#pragma once

#include <string>

namespace weir {

// Where a client command finds its coordinator, and what it presents there.
struct ConnectionOptions {
  std::string coordinator = "localhost:7000";
  std::string token_file;  // Empty paths: it presents none.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
};

}  // namespace weir
