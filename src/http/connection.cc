#include "connection.h"

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "atoma/base/check.h"
#include "atoma/base/secret.h"
#include "format.h"
#include "route.h"

namespace atoma::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// A chunk's size line or a trailer: what the parser leaves unread must stay below this.
constexpr std::size_t kUnparsedMax = 16 * 1024;
// What one read takes: of most requests all, of a long body a piece.
constexpr std::size_t kBufferSize = 16 * 1024;
constexpr std::size_t kLongBufferSize = 96 * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

template <std::size_t N>
Error make_error(Code code, const char (&reason)[N], std::string message) {
  return {code, std::string_view(reason, N - 1), std::move(message)};
}

// Requests carry tokens and secrets; what was received does not outlive its connection.
void wipe_text(std::span<char> text) {
  wipe({static_cast<std::uint8_t*>(static_cast<void*>(text.data())), text.size()});
}

}  // namespace

// Where a handler's answer meets its connection. Touched by the loop thread only.
struct Exchange {
  std::optional<Response> response;
  asio::any_completion_handler<void()> waiting;

  void wake() {
    if (waiting) std::exchange(waiting, {})();
  }
};

namespace {

// The way of one answer from any thread to the loop. Destroyed unused, it answers 500.
class Answer {
 public:
  Answer(std::shared_ptr<ServerCore> core, std::shared_ptr<Exchange> exchange, std::string id)
      : core_(std::move(core)), exchange_(std::move(exchange)), correlation_id_(std::move(id)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (exchange_ == nullptr) return;
    send(problem(make_error(Code::kInternal, "http.no_answer", "the handler gave no answer"),
                 correlation_id_));
  }

  void send(Response response) {
    core_->answers.put({std::move(exchange_), std::move(response)}, *core_);
    exchange_ = nullptr;
  }

 private:
  std::shared_ptr<ServerCore> core_;
  std::shared_ptr<Exchange> exchange_;
  std::string correlation_id_;
};

struct AnswerOnce {
  std::unique_ptr<Answer> answer;
  void operator()(Response response) {
    ATOMA_CHECK(answer != nullptr);
    const auto last = std::move(answer);
    last->send(std::move(response));
  }
};

// Exceptions end here: the handler's Respond dies with the stack and answers 500.
void run_handler(const Handler& handler, Request request, Respond respond) noexcept {
  try {
    handler(std::move(request), std::move(respond));
  } catch (...) {
    return;
  }
}

}  // namespace

void Answers::put(Answered answered, ServerCore& core) {
  {
    const std::lock_guard guard(mutex_);
    waiting_.push_back(std::move(answered));
    if (waiting_.size() > 1) return;  // whoever was first has called the loop
  }
  // The raw pointer is good: io, a part of core, runs or drops this.
  asio::post(core.io, [&core] { core.answers.deliver(core); });
}

void Answers::deliver(ServerCore& core) {
  std::vector<Answered> batch;
  {
    const std::lock_guard guard(mutex_);
    batch.swap(waiting_);
  }
  core.in_flight -= batch.size();
  for (Answered& one : batch) {
    one.exchange->response = std::move(one.response);
    one.exchange->wake();
  }
}

Connection::Connection(ServerCore& core, tcp::socket socket, Mode mode)
    : core_(core), socket_(std::move(socket)), mode_(mode), buffer_(kBufferSize) {}

std::unexpected<Connection::Halt> Connection::halt(int status, Error error) {
  return std::unexpected(Halt{Refusal{status, std::move(error), {}}});
}

void Connection::finish() {
  if (!idle_) return;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  wake_later();
}

void Connection::expire(steady_clock::time_point now) {
  if (now < deadline_) return;
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
  wake_later();
}

// Not at once: a connection that ends leaves the set that whoever calls this goes through.
void Connection::wake_later() {
  if (exchange_ == nullptr) return;
  asio::post(core_.io, [exchange = exchange_] { exchange->wake(); });
}

void Connection::begin(Deadline deadline) {
  deadline_ = deadline;
  expired_ = false;
}

asio::awaitable<void> Connection::run(std::shared_ptr<ServerCore> core) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (mode_ == Mode::kRefuse) {
    co_await refuse();
  } else {
    for (bool more = true; more;) {
      more = co_await serve_one(core);
    }
  }
  wipe_text(input_);
  wipe_text(buffer_);
}

asio::awaitable<bool> Connection::serve_one(std::shared_ptr<ServerCore> core) {
  const std::string id = core_.next_correlation_id();
  MessageParser parser(MessageParser::Kind::kRequest, core_.options.fields_max);
  Step<Admission> taken = co_await take_request(parser);
  const auto read_at = steady_clock::now();
  Response response;
  if (taken) {
    taken->request.correlation_id = id;
    response = co_await handle(std::move(core), *taken);
  } else if (taken.error().refusal) {
    Refusal& refusal = *taken.error().refusal;
    response = problem(refusal.status, refusal.error, id);
    response.headers = std::move(refusal.headers);
  } else {
    co_return false;
  }
  if (aborted_) co_return false;

  // What was not read to its end leaves no place where a next request could start.
  const bool unread = !parser.done();
  const bool close = unread || !parser.head().keep_alive || core_.stopping;
  const AnswerFraming framing{
      .close = close, .omit_body = parser.head().method == "HEAD", .correlation_id = id};
  const bool written = co_await answer(std::move(response), framing, read_at);
  if (written && unread) co_await linger();
  co_return written && !close;
}

asio::awaitable<Connection::Step<Admission>> Connection::take_request(MessageParser& parser) {
  const Step<std::size_t> size = co_await read_head();
  if (!size) co_return std::unexpected(size.error());
  Status parsed = parser.parse_head(std::string_view(input_).substr(0, *size));
  input_.erase(0, *size);
  if (!parsed) {
    int status = 400;
    if (parsed.error().reason == "http.head.too_large") status = 431;
    if (parsed.error().code == Code::kUnimplemented) status = 501;
    co_return halt(status, std::move(parsed).error());
  }
  auto admitted = admit(parser.head(), core_.router, core_.options);
  if (!admitted) co_return std::unexpected(Halt{std::move(admitted).error()});
  const Step<void> body = co_await read_body(parser, *admitted);
  if (!body) co_return std::unexpected(body.error());
  admitted->request.body = parser.take_body();
  co_return *std::move(admitted);
}

void Connection::resize_buffer(std::size_t size) {
  wipe_text(buffer_);
  buffer_ = std::vector<char>(size);
  received_ = {};
}

asio::awaitable<Connection::Input> Connection::read_some(Deadline deadline) {
  begin(deadline);
  const auto result = co_await socket_.async_read_some(asio::buffer(buffer_), kToken);
  deadline_ = kNever;
  const auto [ec, size] = result;
  if (!ec && (!expired_ || idle_)) {
    received_ = std::string_view(buffer_.data(), size);
    co_return Input::kMore;
  }
  const bool aborted = ec && ec != asio::error::operation_aborted;
  co_return expired_ && !aborted && !aborted_ ? Input::kTimeout : Input::kClosed;
}

asio::awaitable<Connection::Step<std::size_t>> Connection::read_head() {
  const ServerOptions& options = core_.options;
  Deadline deadline = steady_clock::now();
  deadline += input_.empty() ? options.idle_timeout : options.head_timeout;
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = input_.find(kHeadEnd, searched);
    searched = input_.size() - std::min(input_.size(), kHeadEnd.size() - 1);
    const std::size_t size = end == std::string::npos ? input_.size() : end + kHeadEnd.size();
    // Something that speaks another protocol, such as TLS, gets its answer at once.
    if (size > 0 && !is_token(std::string_view(input_).substr(0, 1))) {
      co_return halt(400, make_error(Code::kInvalidArgument, "http.head.malformed",
                                     "this is no HTTP/1.1 request"));
    }
    if (size > options.head_max) {
      co_return halt(431, make_error(Code::kInvalidArgument, "http.head.too_large",
                                     "request line and headers are too large"));
    }
    if (end != std::string::npos) co_return size;
    if (input_.empty() && core_.stopping) co_return std::unexpected(Halt{});

    const bool first = input_.empty();
    idle_ = first;
    const Input got = co_await read_some(deadline);
    idle_ = false;
    if (got == Input::kMore) input_.append(received_);
    if (got == Input::kClosed) co_return std::unexpected(Halt{});
    if (got == Input::kTimeout) {
      if (first) co_return std::unexpected(Halt{});
      co_return halt(408, make_error(Code::kDeadlineExceeded, "http.head.timeout",
                                     "the request's head took too long"));
    }
    if (first) deadline = steady_clock::now() + options.head_timeout;
  }
}

asio::awaitable<Connection::Step<void>> Connection::read_body(MessageParser& parser,
                                                              const Admission& admission) {
  parser.set_body_max(admission.route->options.body_max);
  const Deadline deadline = steady_clock::now() + core_.options.body_timeout;
  if (admission.expects_continue && input_.empty()) {
    const std::string interim(kContinue);
    const ByteView no_body;
    const bool written = co_await write(interim, no_body);
    if (!written) co_return std::unexpected(Halt{});
  }
  const bool is_long = parser.head().content_length.value_or(0) > input_.size() + kLongBufferSize;
  if (is_long) resize_buffer(kLongBufferSize);
  // What came with the head; then what is read, without going through input_.
  for (bool first = true; !parser.done(); first = false) {
    const auto used = parser.parse_body(first || !input_.empty() ? input_ : received_);
    if (!used) {
      const int status = used.error().reason == "http.body.too_large" ? 413 : 400;
      co_return halt(status, used.error());
    }
    if (first || !input_.empty()) {
      input_.erase(0, *used);
    } else {
      input_ = received_.substr(*used);
    }
    if (parser.done()) break;
    if (input_.size() > kUnparsedMax) {
      co_return halt(400, make_error(Code::kInvalidArgument, "http.body.malformed",
                                     "a chunk's size line is too long"));
    }
    const Input got = co_await read_some(deadline);
    if (got == Input::kMore && !input_.empty()) input_.append(received_);
    if (got == Input::kClosed) co_return std::unexpected(Halt{});
    if (got == Input::kTimeout) {
      co_return halt(408, make_error(Code::kDeadlineExceeded, "http.body.timeout",
                                     "the request's body took too long"));
    }
  }
  if (is_long) resize_buffer(kBufferSize);
  co_return Step<void>{};
}

asio::awaitable<Response> Connection::handle(std::shared_ptr<ServerCore> core,
                                             Admission& admission) {
  const std::string id = admission.request.correlation_id;
  if (core->in_flight >= core->options.in_flight_max) {
    Response busy = problem(
        make_error(Code::kResourceExhausted, "http.in_flight", "too many requests at once"), id);
    busy.headers.push_back({"Retry-After", "1"});
    co_return busy;
  }
  ++core->in_flight;
  exchange_ = std::make_shared<Exchange>();
  begin(steady_clock::now() + core->options.handler_timeout);
  Respond respond(AnswerOnce{std::make_unique<Answer>(core, exchange_, id)});
  const Route& route = *admission.route;
  if (route.options.runs == Runs::kOnLoop) {
    run_handler(route.handler, std::move(admission.request), std::move(respond));
  } else {
    asio::post(core->pool,
               [core = core.get(), handler = &route.handler, request = std::move(admission.request),
                respond = std::move(respond)]() mutable {
                 if (!core->discarding)
                   run_handler(*handler, std::move(request), std::move(respond));
               });
  }

  while (!exchange_->response && !aborted_ && !expired_) {
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
        [exchange = exchange_.get()](auto resume) { exchange->waiting = std::move(resume); },
        asio::use_awaitable);
  }
  deadline_ = kNever;
  const auto exchange = std::move(exchange_);
  exchange_ = nullptr;
  if (exchange->response) co_return std::move(*exchange->response);
  co_return problem(
      make_error(Code::kDeadlineExceeded, "http.handler.timeout", "the handler took too long"), id);
}

asio::awaitable<bool> Connection::write(const std::string& head, ByteView body) {
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head),
                                                   asio::buffer(body.data(), body.size())};
  begin(steady_clock::now() + core_.options.write_timeout);
  const auto result = co_await asio::async_write(socket_, parts, kToken);
  deadline_ = kNever;
  co_return !std::get<0>(result);
}

asio::awaitable<bool> Connection::answer(Response response, AnswerFraming framing,
                                         steady_clock::time_point read_at) {
  auto head = encode_head(response, framing);
  if (!head) {
    response = problem(head.error(), framing.correlation_id);
    head = encode_head(response, framing);
    ATOMA_CHECK(head.has_value());
  }
  ByteView body = response.body;
  if (framing.omit_body) body = {};
  const bool written = co_await write(*head, body);
  if (core_.options.observe) {
    core_.options.observe(response.status, steady_clock::now() - read_at);
  }
  co_return written;
}

asio::awaitable<void> Connection::refuse() {
  const std::string id = core_.next_correlation_id();
  Response response =
      problem(make_error(Code::kUnavailable, "http.connections", "too many connections"), id);
  response.headers.push_back({"Retry-After", "1"});
  const AnswerFraming framing{.close = true, .omit_body = false, .correlation_id = id};
  const bool written = co_await answer(std::move(response), framing, steady_clock::now());
  if (written) co_await linger();
}

// Closing with unread input resets the connection and can destroy the answer on its way
// (RFC 9112 §9.6): say that we are done, then read a while into nothing.
asio::awaitable<void> Connection::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  const Deadline deadline = steady_clock::now() + core_.options.linger_timeout;
  Input got = Input::kMore;
  idle_ = true;
  while (got == Input::kMore && steady_clock::now() < deadline) got = co_await read_some(deadline);
}

}  // namespace atoma::http
