#include "published_keys.h"

#include <algorithm>
#include <format>

namespace atoma::verifier {
namespace {

// A key that was withdrawn by a new seed is used no longer than this.
constexpr Duration kCacheMax{3600};

}  // namespace

std::shared_ptr<const PublishedKeys::Forms> PublishedKeys::now() const {
  const Time now = clock_.now();
  const std::int64_t epoch = keys_->epoch_at(now);
  const std::lock_guard lock(mutex_);
  if (forms_ == nullptr || forms_->epoch != epoch) {
    const auto published = keys_->published_at(now);
    forms_ = std::make_shared<const Forms>(epoch, published.to_jwks(), published.to_cose());
  }
  return forms_;
}

Duration PublishedKeys::cache_max() const {
  return std::min(kCacheMax, Duration{keys_->period().s / 2});
}

void PublishedKeys::mount(http::Router& router) const {
  const auto answer = [this](std::string_view type, ByteView body) {
    return http::Response{
        .status = 200,
        .content_type = std::string(type),
        .body = to_bytes(body),
        .headers = {{"Cache-Control", std::format("public, max-age={}", cache_max().s)}}};
  };
  router.add(http::Method::kGet, "/.well-known/jwks.json",
             [this, answer](http::Request, http::Respond respond) {
               respond(answer("application/json", as_bytes(now()->jwks)));
             });
  router.add(http::Method::kGet, "/.well-known/cose-keys",
             [this, answer](http::Request, http::Respond respond) {
               respond(answer("application/cose-key-set", now()->cose));
             });
}

}  // namespace atoma::verifier
