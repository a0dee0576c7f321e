// Plain TCP under gRPC: bytes of one's own to a port, and a wire in between that can go dead.
#pragma once

#include "engine/base/check.h"
#include "runtime/messages/security.h"

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace weir {

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) { CHECK(descriptor_ >= 0); }
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // To "127.0.0.1:port".
  static Socket dial(const std::string& address) {
    Socket socket;
    const sockaddr_in to = loopback(parse_address(address).value().port);
    const auto* target = reinterpret_cast<const sockaddr*>(&to);
    CHECK(::connect(socket.descriptor_, target, sizeof to) == 0);
    return socket;
  }
  static Socket listen() {
    Socket socket;
    const sockaddr_in at = loopback(0);
    CHECK(::bind(socket.descriptor_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    CHECK(::listen(socket.descriptor_, 8) == 0);
    return socket;
  }
  std::string address() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    CHECK(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    return to_text({.host = "127.0.0.1", .port = ntohs(at.sin_port)});
  }

  Socket accept() const { return Socket(::accept(descriptor_, nullptr, nullptr)); }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Empty: the peer has ended.
  std::string receive() const {
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    return got <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(got));
  }
  std::string receive_all() const {
    std::string all;
    while (true) {
      const std::string more = receive();
      if (more.empty()) return all;
      all += more;
    }
  }
  int descriptor() const { return descriptor_; }

 private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  int descriptor_;
};

// Carries one connection to `address`, until cut(): then it carries nothing and ends nothing, as a
// network does that is gone.
class Wire {
 public:
  explicit Wire(const std::string& address)
      : listening_(Socket::listen()), thread_([this, address] { carry(address); }) {}
  ~Wire() {
    is_over_ = true;
    thread_.join();
  }

  std::string address() const { return listening_.address(); }
  void cut() { is_cut_ = true; }

 private:
  void carry(const std::string& address) {
    const Socket near = listening_.accept();
    const Socket far = Socket::dial(address);
    while (!is_over_) {
      pollfd ends[] = {{.fd = near.descriptor(), .events = POLLIN},
                       {.fd = far.descriptor(), .events = POLLIN}};
      // Short, so that the end of the test is noticed.
      constexpr int kMillis = 10;
      if (::poll(ends, is_cut_ ? 0 : 2, kMillis) <= 0 || is_cut_) continue;
      if (ends[0].revents != 0) far.send(near.receive());
      if (ends[1].revents != 0) near.send(far.receive());
    }
  }

  Socket listening_;
  std::atomic<bool> is_cut_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace weir
