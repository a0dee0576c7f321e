#include "tests/runtime/exchange/raw_stream.h"

#include <vector>

namespace weir {

RawStream::RawStream(const std::string& address, const std::string& token,
                     const std::string& method) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  if (!token.empty()) context_.AddMetadata("weir-token", token);
  stream_ = stub.PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  wait();
}

RawStream::~RawStream() {
  context_.TryCancel();
  if (!has_ended_) status();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawStream::wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

void RawStream::send(const std::string& message) {
  const grpc::Slice slice(message);
  stream_->Write(grpc::ByteBuffer(&slice, 1), this);
  wait();
}

std::optional<std::string> RawStream::receive() {
  grpc::ByteBuffer message;
  stream_->Read(&message, this);
  if (!wait()) return std::nullopt;
  std::vector<grpc::Slice> pieces;
  if (!message.Dump(&pieces).ok()) return std::nullopt;
  std::string bytes;
  for (const grpc::Slice& piece : pieces) {
    bytes.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
  }
  return bytes;
}

grpc::Status RawStream::status() {
  while (receive().has_value()) {
  }
  grpc::Status status;
  stream_->Finish(&status, this);
  wait();
  has_ended_ = true;
  return status;
}

}  // namespace weir
