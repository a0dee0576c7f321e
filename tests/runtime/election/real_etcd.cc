#include "tests/runtime/election/real_etcd.h"

#include "runtime/election/http_post.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace weir {
namespace {

constexpr int kTries = 300;
constexpr int kTryMs = 100;

std::string put(const std::string& folder, const char* name, const std::string& text) {
  std::string path = folder + "/" + name;
  std::ofstream(path) << text;
  return path;
}

}  // namespace

uint16_t free_port() {
  boost::asio::io_context context;
  const boost::asio::ip::tcp::acceptor acceptor(context,
                                                {boost::asio::ip::make_address("127.0.0.1"), 0});
  return acceptor.local_endpoint().port();
}

RealEtcd::RealEtcd(const Security& security) {
  std::string name = (std::filesystem::temp_directory_path() / "weir-etcd-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  // Somebody else may take a port between the look and the start.
  for (int i = 0; i < 5 && process_ == -1; ++i) start(security);
  REQUIRE(process_ != -1);
}

void RealEtcd::start(const Security& security) {
  address_ = {.host = "127.0.0.1", .port = free_port()};
  const bool tls = security.has_certificate();
  const std::string client = fmt::format("{}://{}", tls ? "https" : "http", to_text(address_));
  const std::string peer = fmt::format("http://127.0.0.1:{}", free_port());
  std::vector<std::string> words = {"etcd",
                                    "--data-dir",
                                    folder_ + "/data",
                                    "--listen-client-urls",
                                    client,
                                    "--advertise-client-urls",
                                    client,
                                    "--listen-peer-urls",
                                    peer,
                                    "--initial-advertise-peer-urls",
                                    peer,
                                    "--initial-cluster",
                                    "default=" + peer,
                                    "--unsafe-no-fsync"};
  if (tls) {
    for (const std::string& word :
         {std::string("--client-cert-auth"), "--cert-file=" + put(folder_, "c", security.tls_cert),
          "--key-file=" + put(folder_, "k", security.tls_key),
          "--trusted-ca-file=" + put(folder_, "a", security.tls_ca)}) {
      words.push_back(word);
    }
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const std::string log = folder_ + "/log";
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_CREAT | O_WRONLY, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  INFO("etcd is missing: run deploy/setup test");
  REQUIRE(posix_spawnp(&process_, "etcd", &files, nullptr, arguments.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&files);
  const HttpPost look{.server = address_,
                      .target = "/v3/kv/range",
                      .body = R"({"key":"eA=="})",
                      .tls = tls ? &security : nullptr};
  for (int i = 0; i < kTries; ++i) {
    const Result<ApiReply> reply = send_post(look, std::chrono::seconds(5));
    if (reply.ok() && reply->status == 200) return;
    if (waitpid(process_, nullptr, WNOHANG) != 0) break;
    poll(nullptr, 0, kTryMs);
  }
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
  std::filesystem::remove_all(folder_ + "/data");
}

RealEtcd::~RealEtcd() {
  if (process_ != -1) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  std::filesystem::remove_all(folder_);
}

// A signal that is sent has not arrived yet: other threads of the process may still answer.
void RealEtcd::freeze() const {
  kill(process_, SIGSTOP);
  int status = 0;
  REQUIRE(waitpid(process_, &status, WUNTRACED) == process_);
  REQUIRE(WIFSTOPPED(status));
}
void RealEtcd::thaw() const { kill(process_, SIGCONT); }

}  // namespace weir
