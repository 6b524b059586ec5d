// A log as c2sp.org/tlog-tiles has it, behind a URL or copied to a folder with the same names. What
// comes out is not yet believed.
#pragma once

#include <optional>
#include <string>

#include "atoma/monitor/source.h"

namespace atoma::app {

class TileSource {
 public:
  // What has "://" in it is a URL. Errors: those of monitor::HttpLog::create.
  static Result<TileSource> open(std::string where);

  const std::string& name() const { return where_; }
  // Errors: those of monitor::HttpLog, "file.unreadable" and "file.too_large".
  Result<std::string> checkpoint() const;
  Result<Bytes> tile(const merkle::Tile& tile) const;

 private:
  explicit TileSource(std::string where) : where_(std::move(where)) {}

  std::string where_;
  std::optional<monitor::HttpLog> log_;
};

}  // namespace atoma::app
