// What gRPC takes for a Security (runtime/messages/security.h), for the control plane and for the
// exchange. Any thread.
#pragma once

#include "engine/base/status.h"
#include "runtime/messages/security.h"
#include "runtime/rpc/control_options.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <string>

namespace weir {

// With a certificate: TLS. If authorities are known too, clients must present a certificate of
// theirs. Without: plain.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const Security& security);

// With authorities: TLS, presenting the certificate if there is one. Without: plain.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const Security& security);

// A connection of its own to a coordinator, which is made when it is used first.
std::shared_ptr<grpc::Channel> control_channel(const std::string& address, const Security& security,
                                               const ControlOptions& options);

// Presents the token, if there is one, with a call.
void present_token(grpc::ClientContext& call, const Security& security);

// Whether a call presents the token that is asked for.
bool presents_token(const grpc::ServerContextBase& call, const Security& security);

// A failed call to `address` in words that help: kUser where trying again does not help (a wrong
// token, an expired certificate), else kUnavailable. May dial the address once more to learn why
// TLS failed, which takes a few seconds at most.
Error call_error(const grpc::Status& status, const std::string& address, const Security& security);

}  // namespace weir
