// Fetched collateral of a running server: a store in its data directory, a thread that keeps it
// fresh, and a verifier that is handed each new set.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atoma/collateral/refresher.h"
#include "atoma/wire/json_writer.h"
#include "server/collateral_directory.h"

namespace atoma::verifier {
class Service;
}

namespace atoma::server {

struct FetchOptions {
  collateral::Endpoints endpoints;      // none: nothing is fetched
  std::vector<std::string> items;       // names, as collateral::Item reads them
  std::vector<std::string> wanted_for;  // files with evidence

  std::string authorities_file;  // for https, PEM; "": those of the system

  bool any() const { return endpoints.any() || !items.empty() || !wanted_for.empty(); }
};

class CollateralKeeper {
 public:
  // `at_hand` comes before what is fetched. Verifier, clock and entropy outlive the keeper.
  // Errors: those of collateral::Store, Item and wanted_for, "store.missing".
  static Result<std::unique_ptr<CollateralKeeper>> start(
      const store::Path& directory, const FetchOptions& options, evidence::TrustAnchors anchors,
      verifier::AtHand at_hand, verifier::Service& verifier, const Clock& clock, Entropy& entropy);
  ~CollateralKeeper();

  std::vector<collateral::ItemStatus> status() const;
  std::string status_json() const;

 private:
  struct Impl;
  explicit CollateralKeeper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Null for what no calendar has.
void member_time(wire::JsonWriter& out, std::string_view name, std::optional<Time> time);

// The options' authorities, as collateral::Fetcher takes them. Errors: those of store::read_file.
Result<std::string> load_authorities(const FetchOptions& options);
// Wants what options name, and what is needed for the evidence in their files.
Status want_all(collateral::Fetcher& fetcher, const FetchOptions& options);
// {"items":[…]}, as GET /v1/collateral answers.
std::string collateral_status_json(const std::vector<collateral::ItemStatus>& items, Time now);

}  // namespace atoma::server
