// One accepted socket: requests one after the other, each read, admitted, handed to the pool and
// answered. Lives on the loop thread; the server keeps it alive until run() is over.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission.h"
#include "core.h"
#include "format.h"

namespace atoma::http {

struct Exchange;

class Connection {
 public:
  enum class Mode : std::uint8_t { kServe, kRefuse };  // kRefuse: answers 503 and closes
  Connection(ServerCore& core, boost::asio::ip::tcp::socket socket, Mode mode);

  boost::asio::awaitable<void> run(std::shared_ptr<ServerCore> core);
  // Ends an idle connection now, a busy one after its answer.
  void finish();
  // Ends it now, whatever it does.
  void abort();
  // Ends what takes longer than it may.
  void expire(std::chrono::steady_clock::time_point now);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  static constexpr Deadline kNever = Deadline::max();
  // Why a request goes no further; without a refusal the connection just closes.
  struct Halt {
    std::optional<Refusal> refusal;
  };
  template <typename T>
  using Step = std::expected<T, Halt>;
  enum class Input : std::uint8_t { kMore, kClosed, kTimeout };

  static std::unexpected<Halt> halt(int status, Error error);

  // What comes next may take until then.
  void begin(Deadline deadline);
  void wake_later();
  void resize_buffer(std::size_t size);

  boost::asio::awaitable<bool> serve_one(std::shared_ptr<ServerCore> core);
  boost::asio::awaitable<Step<Admission>> take_request(MessageParser& parser);
  // Into buffer_, as what received_ shows.
  boost::asio::awaitable<Input> read_some(Deadline deadline);
  boost::asio::awaitable<Step<std::size_t>> read_head();
  boost::asio::awaitable<Step<void>> read_body(MessageParser& parser, const Admission& admission);
  boost::asio::awaitable<Response> handle(std::shared_ptr<ServerCore> core, Admission& admission);
  boost::asio::awaitable<bool> write(const std::string& head, ByteView body);
  boost::asio::awaitable<bool> answer(Response response, AnswerFraming framing,
                                      std::chrono::steady_clock::time_point read_at);
  boost::asio::awaitable<void> refuse();
  boost::asio::awaitable<void> linger();

  ServerCore& core_;
  boost::asio::ip::tcp::socket socket_;
  Deadline deadline_ = kNever;  // of the operation under way
  bool expired_ = false;
  Mode mode_;
  std::vector<char> buffer_;
  std::string_view received_;  // what the last read brought
  std::string input_;          // received, not yet parsed
  std::shared_ptr<Exchange> exchange_;
  bool idle_ = false;  // nothing would be lost by closing now
  bool aborted_ = false;
};

}  // namespace atoma::http
