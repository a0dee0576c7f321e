#include "runtime/rpc/credentials.h"

#include "runtime/rpc/tls_trouble.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>
#include <spdlog/spdlog.h>

#include <grpc/support/log.h>
#include <mutex>
#include <string_view>

namespace weir {
namespace {

constexpr std::string_view kAuthorization = "authorization";

// gRPC's own words say nothing that a status does not, and would stand between events; except the
// last ones before it aborts.
void hear_grpc(gpr_log_func_args* said) {
  const bool is_fatal = std::string_view(said->message).find("ssertion") != std::string_view::npos;
  spdlog::log(is_fatal ? spdlog::level::critical : spdlog::level::debug,
              "grpc.said text=\"{}\" at={}:{}", said->message, said->file, said->line);
}

void quieten_grpc() {
  static std::once_flag once;
  std::call_once(once, [] { gpr_set_log_function(hear_grpc); });
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const Security& security) {
  quieten_grpc();
  if (!security.has_certificate()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      security.has_authority() ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                               : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.pem_root_certs = security.tls_ca;
  options.pem_key_cert_pairs.push_back({security.tls_key, security.tls_cert});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const Security& security) {
  quieten_grpc();
  if (!security.has_authority()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = security.tls_ca,
                               .pem_private_key = security.tls_key,
                               .pem_cert_chain = security.tls_cert});
}

std::shared_ptr<grpc::Channel> control_channel(const std::string& address, const Security& security,
                                               const ControlOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(received_bytes_max(options));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_time_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout_ms);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Connections are not shared, so that one is as new as who dials believes it to be, and gRPC's
  // own pauses between attempts do not count.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, channel_credentials(security), arguments);
}

void present_token(grpc::ClientContext& call, const Security& security) {
  if (security.token.empty()) return;
  call.AddMetadata(std::string(kAuthorization), "Bearer " + security.token);
}

bool presents_token(const grpc::ServerContextBase& call, const Security& security) {
  if (security.token.empty()) return true;
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find(grpc::string_ref(kAuthorization.data(), kAuthorization.size()));
  if (found == metadata.end()) return false;
  const std::string_view authorization(found->second.data(), found->second.size());
  return token_matches(security.token, bearer_token(authorization));
}

Error call_error(const grpc::Status& status, const std::string& address, const Security& security) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAUTHENTICATED:
      return user_error(fmt::format(
          "{} does not let us in: the token is wrong or missing; give the coordinator's with "
          "--token-file",
          address));
    case grpc::StatusCode::UNIMPLEMENTED:
      return user_error(fmt::format("what answers at {} is no coordinator of this version: {}",
                                    address, status.error_message()));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return unavailable(fmt::format("{} does not answer in time", address));
    default: break;
  }
  const bool is_unreachable = status.error_code() == grpc::StatusCode::UNAVAILABLE;
  const TlsTrouble trouble = tls_trouble(address, security, is_unreachable);
  if (trouble.text.empty()) {
    return unavailable(fmt::format("cannot speak to {}: {}", address, status.error_message()));
  }
  const std::string text = fmt::format("cannot speak to {}: {}", address, trouble.text);
  return trouble.is_certain ? user_error(text) : unavailable(text);
}

}  // namespace weir
