#include "runtime/http/http_rules.h"

#include "runtime/http/http_server.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace weir {
namespace {

constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "POST", "DELETE"};

bool is_health(const RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return false;
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  return path == "/healthz" || path == "/readyz";
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end == std::string_view::npos ? host : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

// An address that somebody wrote out cannot have been made to point here by its owner.
bool is_number_or_local(std::string_view host) {
  const std::string_view name = without_port(host);
  const bool is_number =
      name.find(':') != std::string_view::npos || std::all_of(name.begin(), name.end(), [](char c) {
        return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
      });
  return is_number || is_loopback(name);
}

bool is_of_another_site(const RequestHead& head) {
  if (head.origin.empty()) return false;
  const size_t scheme = head.origin.find("://");
  return scheme == std::string_view::npos || head.origin.substr(scheme + 3) != head.host;
}

}  // namespace

ApiReply error_reply(int status, std::string_view kind, std::string_view message) {
  // Bytes that are no UTF-8 cannot stand in JSON: a message may quote what was sent.
  std::string text(message);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  const boost::json::object error = {{"kind", std::string(kind)}, {"message", text}};
  return {.status = status,
          .body = boost::json::serialize(boost::json::object{{"error", error}}) + "\n",
          .content_type = "application/json"};
}

std::optional<ApiReply> refuse_request(const RequestHead& head, const Security& security) {
  if (std::find(kMethods.begin(), kMethods.end(), head.method) == kMethods.end()) {
    return error_reply(
        405, "user",
        fmt::format("cannot {} anything here: use GET, POST or DELETE", head.method.substr(0, 32)));
  }
  if (!head.target.starts_with('/')) {
    return error_reply(400, "user", "cannot use the target of the request: it must be a path");
  }
  if (head.host.empty()) {
    return error_reply(400, "user", "cannot use the request: it has no Host header");
  }
  if (is_of_another_site(head)) {
    return error_reply(403, "user", "cannot answer what a page of another site asks for");
  }
  const bool knows_clients = !security.token.empty() || security.has_authority();
  if (!knows_clients && !is_number_or_local(head.host)) {
    return error_reply(403, "user",
                       "cannot answer under this name without a token: use localhost, or an "
                       "address of numbers");
  }
  if (is_health(head)) return {};
  if (security.has_certificate() && security.has_authority() && !head.presents_certificate) {
    return error_reply(401, "user", "the request needs a certificate, and presents none");
  }
  if (!token_matches(security.token, bearer_token(head.authorization))) {
    return error_reply(401, "user",
                       "the token is wrong or missing: send it as \"Authorization: Bearer ...\"");
  }
  return {};
}

}  // namespace weir
