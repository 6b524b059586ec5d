// A log over HTTP as c2sp.org/tlog-tiles has it: its checkpoint and its tiles, in bounded sizes and
// time. What comes is not yet believed.
#pragma once

#include <chrono>
#include <string>

#include "atoma/http/client.h"
#include "atoma/merkle/tile.h"

namespace atoma::monitor {

class HttpLog {
 public:
  // `url` is the prefix of "/checkpoint" and "/tile/…". Errors: "http.client.url".
  static Result<HttpLog> create(std::string url,
                                std::chrono::milliseconds timeout = std::chrono::seconds(20));

  const std::string& url() const { return url_; }
  // Errors of both: "monitor.answer" (a status other than 200) and those of http::Client.
  Result<std::string> checkpoint() const;
  // A partial tile that is gone is cut from the full one, as the specification wants it.
  Result<Bytes> tile(const merkle::Tile& tile) const;

 private:
  HttpLog(std::string url, std::chrono::milliseconds timeout);
  Result<Bytes> get(const std::string& path, std::size_t body_max) const;

  std::string url_;
  std::chrono::milliseconds timeout_;
};

// The first `width` hashes of a full tile, or entries of a full bundle. Errors: "merkle.tile",
// "merkle.entry_bundle".
Result<Bytes> cut_tile(const merkle::Tile& wanted, ByteView full);

}  // namespace atoma::monitor
