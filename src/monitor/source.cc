#include "atoma/monitor/source.h"

#include <format>

#include "atoma/base/limits.h"

namespace atoma::monitor {
namespace {

// A bundle's entries, each with its length.
constexpr std::size_t kBundleMax = merkle::kTileWidth * (limits::kLogEntryMax + 2);

std::size_t size_max(const merkle::Tile& tile) {
  return tile.kind == merkle::TileKind::kEntries ? kBundleMax : merkle::kTileBytes;
}

}  // namespace

HttpLog::HttpLog(std::string url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}

Result<HttpLog> HttpLog::create(std::string url, std::chrono::milliseconds timeout) {
  while (url.ends_with('/')) url.pop_back();
  ATOMA_TRY_VOID(http::parse_url(url + "/checkpoint").transform([](const auto&) {}));
  return HttpLog(std::move(url), timeout);
}

Result<Bytes> HttpLog::get(const std::string& path, std::size_t body_max) const {
  ATOMA_TRY(const auto url, http::parse_url(url_ + "/" + path));
  http::ClientOptions options;
  options.body_max = body_max;
  ATOMA_TRY(auto answer, http::Client(options).request(url, http::Method::kGet, {}, {}, timeout_));
  if (answer.status == 200) return std::move(answer.body);
  return fail(answer.status == 404 ? Code::kNotFound : Code::kUnavailable, "monitor.answer",
              std::format("{}/{}: status {}", url_, path, answer.status));
}

Result<std::string> HttpLog::checkpoint() const {
  ATOMA_TRY(const Bytes note, get("checkpoint", limits::kNoteMax));
  return std::string(as_text(note));
}

Result<Bytes> HttpLog::tile(const merkle::Tile& tile) const {
  auto exact = get(merkle::tile_path(tile), size_max(tile));
  if (exact || tile.full() || exact.error().code != Code::kNotFound) return exact;
  merkle::Tile whole = tile;
  whole.width = merkle::kTileWidth;
  const auto full = get(merkle::tile_path(whole), size_max(whole));
  return full ? cut_tile(tile, *full) : exact;
}

Result<Bytes> cut_tile(const merkle::Tile& wanted, ByteView full) {
  if (wanted.kind == merkle::TileKind::kHashes) {
    ATOMA_TRY_VOID(merkle::parse_tile(full, merkle::kTileWidth).transform([](const auto&) {}));
    return to_bytes(full.first(wanted.width * sizeof(merkle::Hash)));
  }
  ATOMA_TRY(const auto entries, merkle::parse_entry_bundle(full, merkle::kTileWidth));
  Bytes out;
  for (std::size_t i = 0; i < wanted.width; ++i) merkle::append_bundle_entry(out, entries[i]);
  return out;
}

}  // namespace atoma::monitor
