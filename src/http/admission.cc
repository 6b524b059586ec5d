#include "admission.h"

#include <algorithm>
#include <format>

#include "format.h"
#include "route.h"
#include "target.h"

namespace atoma::http {
namespace {

using Refused = std::unexpected<Refusal>;

template <std::size_t N>
Refused refuse(int status, Code code, const char (&reason)[N], std::string message) {
  return Refused(
      Refusal{status, Error{code, std::string_view(reason, N - 1), std::move(message)}, {}});
}

using Check = std::expected<void, Refusal>;

Check check_duplicates(const Head& head) {
  static constexpr std::string_view kOnce[] = {"Host",          "Content-Type", "Content-Encoding",
                                               "Authorization", "Expect",       "Content-Length"};
  for (const std::string_view name : kOnce) {
    const auto count = std::ranges::count_if(
        head.fields, [&](const Field& f) { return equal_ignoring_case(f.name, name); });
    if (count > 1) {
      return refuse(400, Code::kInvalidArgument, "http.header.duplicate",
                    std::string(name) + " is given twice");
    }
  }
  return {};
}

// "name", "name:port", "[v6]:port" without the port; empty when malformed.
std::string_view host_name(std::string_view authority) {
  std::size_t end = 0;
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos) return "";
    ++end;
  } else {
    end = std::min(authority.find(':'), authority.size());
  }
  const std::string_view name = authority.substr(0, end);
  const std::string_view port = authority.substr(end);
  const bool port_ok =
      port.empty() ||
      (port.size() >= 2 && port.size() <= 6 && port[0] == ':' &&
       std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; }));
  const bool name_ok = std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._:[]").contains(c);
  });
  return port_ok && name_ok ? name : "";
}

Check check_host(std::string_view authority, const ServerOptions& options) {
  const std::string_view name = host_name(authority);
  if (name.empty()) {
    return refuse(400, Code::kInvalidArgument, "http.host.malformed",
                  "the request needs one Host: name[:port]");
  }
  if (!options.check_host) return {};
  static constexpr std::string_view kLoopback[] = {"localhost", "127.0.0.1", "[::1]"};
  const auto same = [name](std::string_view known) { return equal_ignoring_case(known, name); };
  if (std::ranges::any_of(kLoopback, same) || std::ranges::any_of(options.hosts, same)) return {};
  return refuse(421, Code::kPermissionDenied, "http.host.not_allowed",
                "this server does not go by that host name");
}

Check check_query(const std::vector<Field>& query, const RouteOptions& route) {
  for (const Field& field : query) {
    if (std::ranges::contains(route.query, field.name)) continue;
    return refuse(400, Code::kInvalidArgument, "http.query.unexpected",
                  std::format("this path has no query parameter \"{}\"", field.name));
  }
  return {};
}

Check check_content_type(std::string_view type, const std::vector<std::string>& taken) {
  const auto same = [type](std::string_view one) {
    return one == kAnyContentType || equal_ignoring_case(type, one);
  };
  if (std::ranges::any_of(taken, same)) return {};
  std::string list;
  for (const auto& one : taken) list.append(list.empty() ? "" : " or ").append(one);
  return refuse(415, Code::kInvalidArgument, "http.content_type", "this route takes " + list);
}

Check check_body(const Head& head, const RouteOptions& route) {
  if (find_field(head.fields, "Content-Encoding")) {
    return refuse(415, Code::kInvalidArgument, "http.content_encoding",
                  "bodies are taken without content encoding");
  }
  if (route.content_types.empty()) {
    if (!head.has_body()) return {};
    return refuse(400, Code::kInvalidArgument, "http.body.unexpected", "this route takes no body");
  }
  const auto type = media_type(find_field(head.fields, "Content-Type").value_or(""));
  if (const auto good = check_content_type(type, route.content_types); !good) return good;
  if (head.content_length.value_or(0) > route.body_max) {
    return refuse(413, Code::kInvalidArgument, "http.body.too_large",
                  std::format("the body is larger than {} bytes", route.body_max));
  }
  return {};
}

Check check_expect(const Head& head) {
  const auto expect = find_field(head.fields, "Expect");
  if (!expect || equal_ignoring_case(*expect, "100-continue")) return {};
  return refuse(417, Code::kInvalidArgument, "http.expect",
                "the only expectation met here is 100-continue");
}

std::expected<const Route*, Refusal> find_route(const Head& head, const Target& target,
                                                const Router& router, Request& request) {
  Router::Match match = router.find(method_from(head.method), target.segments);
  if (match.allow.empty()) {
    return refuse(404, Code::kNotFound, "http.not_found", "no such path");
  }
  if (match.route == nullptr) {
    Refused refused = refuse(405, Code::kUnimplemented, "http.method_not_allowed",
                             "the path answers " + match.allow);
    refused.error().headers.push_back({"Allow", match.allow});
    return refused;
  }
  request.method = match.route->method;
  request.params = std::move(match.params);
  return match.route;
}

}  // namespace

std::expected<Admission, Refusal> admit(const Head& head, const Router& router,
                                        const ServerOptions& options) {
  ATOMA_TRY_VOID(check_duplicates(head));
  auto target = parse_target(head.target);
  if (!target) return Refused(Refusal{400, std::move(target).error(), {}});
  const auto host = find_field(head.fields, "Host");
  ATOMA_TRY_VOID(check_host(host.value_or(""), options));
  if (!target->authority.empty()) ATOMA_TRY_VOID(check_host(target->authority, options));

  Admission admission;
  ATOMA_TRY(admission.route, find_route(head, *target, router, admission.request));
  const RouteOptions& wants = admission.route->options;
  ATOMA_TRY_VOID(check_query(target->query, wants));
  ATOMA_TRY_VOID(check_expect(head));
  ATOMA_TRY_VOID(check_body(head, wants));

  admission.request.path = std::move(target->path);
  admission.request.query = std::move(target->query);
  admission.request.headers = head.fields;
  // RFC 9110 §10.1.1: not from HTTP/1.0, and not without a body to wait for.
  admission.expects_continue =
      find_field(head.fields, "Expect").has_value() && !head.http_1_0 && head.has_body();
  return admission;
}

}  // namespace atoma::http
