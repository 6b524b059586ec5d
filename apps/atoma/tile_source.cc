#include "tile_source.h"

#include "atoma/base/limits.h"
#include "conformance/files.h"

namespace atoma::app {

Result<TileSource> TileSource::open(std::string where) {
  TileSource out(std::move(where));
  if (out.where_.contains("://")) {
    ATOMA_TRY(out.log_, monitor::HttpLog::create(out.where_));
  }
  return out;
}

Result<std::string> TileSource::checkpoint() const {
  if (log_) return log_->checkpoint();
  ATOMA_TRY(const Bytes note, conformance::read_file(where_ + "/checkpoint", limits::kNoteMax));
  return std::string(as_text(note));
}

Result<Bytes> TileSource::tile(const merkle::Tile& tile) const {
  if (log_) return log_->tile(tile);
  const auto read = [this](const merkle::Tile& each) {
    return conformance::read_file(where_ + "/" + merkle::tile_path(each), merkle::kTileBytes);
  };
  auto exact = read(tile);
  if (exact || tile.full()) return exact;
  // Copies keep partial tiles only as long as there is no full one.
  merkle::Tile whole = tile;
  whole.width = merkle::kTileWidth;
  const auto full = read(whole);
  return full ? monitor::cut_tile(tile, *full) : exact;
}

}  // namespace atoma::app
