#include "parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <format>

#include "atoma/base/check.h"
#include "format.h"

namespace atoma::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

// Nothing we talk to sends chunk extensions; a long one is a way to make us parse for nothing.
constexpr std::size_t kChunkExtensionsMax = 256;
// Of a body that is announced and may never come.
constexpr std::uint64_t kBodyReserveMax = 512 * 1024;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

}  // namespace

// What both directions share; Beast's own type depends on the direction.
struct MessageParser::Impl {
  virtual ~Impl() = default;
  virtual std::size_t put(std::string_view input, error_code& ec) = 0;
  virtual void put_eof(error_code& ec) = 0;
  virtual bool done() const = 0;
  virtual void read_framing() = 0;

  std::size_t fields_max = 0;
  std::size_t body_max = 0;
  bool head_done = false;
  bool accepted = false;  // a head that we refuse never ends, whatever Beast makes of it
  Head head;
  Bytes body;
};

namespace {

template <bool kIsRequest>
class BeastParser final : public beast::http::basic_parser<kIsRequest>, public MessageParser::Impl {
  using Base = beast::http::basic_parser<kIsRequest>;

 public:
  explicit BeastParser(bool skip_body) {
    // Beast spends this budget on the head and on the trailers after chunks; bodies count below.
    Base::header_limit(kHeadAndTrailersMax);
    Base::body_limit(boost::none);
    Base::skip(skip_body);
  }

  std::size_t put(std::string_view input, error_code& ec) override {
    return Base::put(boost::asio::const_buffer(input.data(), input.size()), ec);
  }
  void put_eof(error_code& ec) override { Base::put_eof(ec); }
  bool done() const override { return Base::is_done(); }
  void read_framing() override {
    head.keep_alive = Base::keep_alive() && !head.http_1_0;
    head.chunked = Base::chunked();
    if (const auto length = Base::content_length()) head.content_length = *length;
  }

 private:
  void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head.method = view(method);
    head.target = view(target);
    head.http_1_0 = version == 10;
  }
  void on_response_impl(int status, string_view, int version, error_code&) override {
    head.status = status;
    head.http_1_0 = version == 10;
  }
  void on_field_impl(beast::http::field, string_view name, string_view value,
                     error_code& ec) override {
    if (head_done) return;  // trailers: nothing of ours reads them
    if (head.fields.size() == fields_max) {
      ec = beast::http::error::header_limit;
      return;
    }
    head.fields.push_back({std::string(view(name)), std::string(view(value))});
  }
  void on_header_impl(error_code&) override { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view part, error_code& ec) override { return store(part, ec); }
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override {
    if (size > body_max - body.size()) ec = beast::http::error::body_limit;
    if (extensions.size() > kChunkExtensionsMax) ec = beast::http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code& ec) override {
    return store(part, ec);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t store(string_view part, error_code& ec) {
    if (part.size() > body_max - body.size()) {
      ec = beast::http::error::body_limit;
      return 0;
    }
    append(body, as_bytes(view(part)));
    return part.size();
  }
};

Error head_error(const error_code& ec) {
  using beast::http::error;
  if (ec == error::header_limit) {
    return {Code::kInvalidArgument, "http.head.too_large", "too many header fields"};
  }
  if (ec == error::bad_content_length || ec == error::multiple_content_length ||
      ec == error::bad_transfer_encoding) {
    return {Code::kInvalidArgument, "http.framing", ec.message()};
  }
  return {Code::kInvalidArgument, "http.head.malformed", ec.message()};
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Beast forgives some of what RFC 9112 §6 lets a recipient refuse. Two readers that disagree about
// where a body ends are how requests get smuggled, so any doubt is an end.
Status check_framing(const Head& head) {
  int lengths = 0;
  for (const Field& field : head.fields) {
    if (equal_ignoring_case(field.name, "Content-Length")) {
      if (++lengths > 1 || !is_digits(field.value)) {
        return malformed("http.framing", "Content-Length must be one number");
      }
    }
    if (equal_ignoring_case(field.name, "Transfer-Encoding")) {
      if (head.http_1_0) return malformed("http.framing", "Transfer-Encoding with HTTP/1.0");
      if (!equal_ignoring_case(field.value, "chunked")) {
        return fail(Code::kUnimplemented, "http.transfer_encoding",
                    "the only transfer encoding here is chunked");
      }
    }
  }
  return {};
}

}  // namespace

MessageParser::MessageParser(Kind kind, std::size_t fields_max) {
  if (kind == Kind::kRequest) {
    impl_ = std::make_unique<BeastParser<true>>(false);
  } else {
    impl_ = std::make_unique<BeastParser<false>>(kind == Kind::kResponseWithoutBody);
  }
  impl_->fields_max = fields_max;
}

MessageParser::~MessageParser() = default;

const Head& MessageParser::head() const { return impl_->head; }
void MessageParser::set_body_max(std::size_t size) {
  impl_->body_max = size;
  const std::uint64_t announced = impl_->head.content_length.value_or(0);
  impl_->body.reserve(std::min({announced, std::uint64_t{size}, kBodyReserveMax}));
}
bool MessageParser::done() const { return impl_->accepted && impl_->done(); }
Bytes MessageParser::take_body() { return std::move(impl_->body); }

Status MessageParser::parse_head(std::string_view head) {
  ATOMA_TRY_VOID(check_head(head));
  error_code ec;
  const std::size_t used = impl_->put(head, ec);
  if (ec) return std::unexpected(head_error(ec));
  if (!impl_->head_done || used != head.size()) {
    return malformed("http.head.malformed", "the head is not one head");
  }
  impl_->read_framing();
  ATOMA_TRY_VOID(check_framing(impl_->head));
  impl_->accepted = true;
  return {};
}

Result<std::size_t> MessageParser::parse_body(std::string_view input) {
  ATOMA_CHECK(!done());
  std::size_t used = 0;
  // Beast takes nothing from nothing without asking for more.
  while (!done() && used < input.size()) {
    error_code ec;
    const std::size_t taken = impl_->put(input.substr(used), ec);
    used += taken;
    if (ec == beast::http::error::need_more) return used;
    if (ec == beast::http::error::body_limit) {
      return malformed("http.body.too_large",
                       std::format("the body is larger than {} bytes", impl_->body_max));
    }
    if (ec) return malformed("http.body.malformed", ec.message());
  }
  return used;
}

Status MessageParser::finish_at_eof() {
  error_code ec;
  if (!done()) impl_->put_eof(ec);
  if (ec || !done()) return malformed("http.body.malformed", "the peer closed inside the body");
  return {};
}

}  // namespace atoma::http
