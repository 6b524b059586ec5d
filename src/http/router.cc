#include "atoma/http/router.h"

#include <algorithm>
#include <optional>

#include "atoma/base/check.h"
#include "route.h"

namespace atoma::http {
namespace {

using Kind = Route::Kind;

Route::Segment parse_segment(std::string_view text) {
  if (!text.starts_with('{')) {
    ATOMA_CHECK(!text.contains('{') && !text.contains('}'));
    return {Kind::kLiteral, std::string(text)};
  }
  ATOMA_CHECK(text.ends_with('}'));
  text = text.substr(1, text.size() - 2);
  const Kind kind = text.ends_with("...") ? Kind::kRest : Kind::kParam;
  if (kind == Kind::kRest) text.remove_suffix(3);
  ATOMA_CHECK(!text.empty());
  return {kind, std::string(text)};
}

std::vector<Route::Segment> parse_pattern(std::string_view pattern) {
  ATOMA_CHECK(pattern.starts_with('/'));
  std::vector<Route::Segment> segments;
  for (bool last = false; !last;) {
    pattern.remove_prefix(1);
    const std::size_t slash = std::min(pattern.find('/'), pattern.size());
    segments.push_back(parse_segment(pattern.substr(0, slash)));
    pattern.remove_prefix(slash);
    last = pattern.empty();
    ATOMA_CHECK(last || segments.back().kind != Kind::kRest);
  }
  return segments;
}

// Orders by the first segment that differs: literal, then parameter, then rest. Zero: the two
// match the same paths.
int compare(const Route::Segment& a, const Route::Segment& b) {
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  return a.kind == Kind::kLiteral ? a.text.compare(b.text) : 0;
}

int compare(const std::vector<Route::Segment>& a, const std::vector<Route::Segment>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const int order = compare(a[i], b[i]); order != 0) return order;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

std::optional<std::string> join_rest(const std::vector<std::string>& segments, std::size_t from) {
  std::string rest;
  for (std::size_t i = from; i < segments.size(); ++i) {
    if (segments[i].empty()) return std::nullopt;
    rest.append(i == from ? "" : "/").append(segments[i]);
  }
  return rest;
}

std::optional<std::vector<Field>> match(const Route& route,
                                        const std::vector<std::string>& segments) {
  const bool open_ended = route.segments.back().kind == Kind::kRest;
  if (open_ended ? segments.size() < route.segments.size()
                 : segments.size() != route.segments.size()) {
    return std::nullopt;
  }
  std::vector<Field> params;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const Route::Segment& want = route.segments[i];
    if (want.kind == Kind::kLiteral) {
      if (want.text != segments[i]) return std::nullopt;
    } else if (want.kind == Kind::kParam) {
      if (segments[i].empty()) return std::nullopt;
      params.push_back({want.text, segments[i]});
    } else {
      auto rest = join_rest(segments, i);
      if (!rest) return std::nullopt;
      params.push_back({want.text, *std::move(rest)});
    }
  }
  return params;
}

void allow(std::string& list, std::string_view method) {
  if (list.contains(method)) return;
  list.append(list.empty() ? "" : ", ").append(method);
}

}  // namespace

Router::Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

Router& Router::add(Method method, std::string_view pattern, Handler handler,
                    RouteOptions options) {
  ATOMA_CHECK(method != Method::kOther && method != Method::kHead);
  ATOMA_CHECK(static_cast<bool>(handler));
  auto route = std::make_unique<Route>(
      Route{method, parse_pattern(pattern), std::move(handler), std::move(options)});
  const auto before = [](const auto& a, const auto& b) {
    return compare(a->segments, b->segments) < 0;
  };
  const auto [first, last] = std::ranges::equal_range(routes_, route, before);
  ATOMA_CHECK(std::none_of(first, last, [&](const auto& r) { return r->method == method; }));
  routes_.insert(last, std::move(route));
  return *this;
}

Router::Match Router::find(Method method, const std::vector<std::string>& segments) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match found;
  for (const auto& route : routes_) {
    auto params = match(*route, segments);
    if (!params) continue;
    allow(found.allow, method_name(route->method));
    if (route->method == Method::kGet) allow(found.allow, "HEAD");
    if (found.route == nullptr && route->method == wanted) {
      found.route = route.get();
      found.params = *std::move(params);
    }
  }
  return found;
}

std::vector<std::string> Router::list() const {
  std::vector<std::string> out;
  for (const auto& route : routes_) {
    std::string line(method_name(route->method));
    line += ' ';
    for (const Route::Segment& segment : route->segments) {
      const bool literal = segment.kind == Kind::kLiteral;
      const std::string_view rest = segment.kind == Kind::kRest ? "..." : "";
      line.append("/").append(literal ? "" : "{").append(segment.text).append(rest);
      line.append(literal ? "" : "}");
    }
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace atoma::http
