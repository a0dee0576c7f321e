// A stream to an exchange that sends whatever bytes a test wants, blocking.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

namespace weir {

class RawStream {
 public:
  RawStream(const std::string& address, const std::string& token,
            const std::string& method = "/weir.Exchange/Stream");
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;
  ~RawStream();

  void send(const std::string& message);
  // The next message; absent when the stream has ended.
  std::optional<std::string> receive();
  // With what it ended. Waits for it.
  grpc::Status status();

 private:
  bool wait();

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool has_ended_ = false;
};

}  // namespace weir
