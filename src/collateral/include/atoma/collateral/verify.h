// Whether bytes are what a vendor signed, and of the item that was asked for. No clock: the window
// is a part of the answer.
//
//   ATOMA_TRY(const auto authentic, verify_record(std::move(record), anchors));
//   authentic.window().contains(now)
//
// This decides what is kept and handed on. Whoever appraises evidence checks all of it again, with
// revocation: the store need not be believed.
#pragma once

#include "atoma/collateral/record.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::collateral {

class AuthenticRecord {
 public:
  const Record& record() const { return record_; }
  const Item& item() const { return record_.item; }
  evidence::RootKind root() const { return root_; }
  // When the content and every certificate that vouches for it are good.
  ValidityWindow window() const { return window_; }
  // When the vendor made it. A source that serves an older one than before is not followed.
  Time issued_at() const { return issued_at_; }

 private:
  friend Result<AuthenticRecord> verify_record(Record record,
                                               const evidence::TrustAnchors& anchors);
  AuthenticRecord(Record record, evidence::RootKind root, ValidityWindow window, Time issued_at)
      : record_(std::move(record)), root_(root), window_(window), issued_at_(issued_at) {}

  Record record_;
  evidence::RootKind root_;
  ValidityWindow window_;
  Time issued_at_;
};

// Errors: "collateral.issuer" (no chain to a trusted root), "collateral.signature",
// "collateral.mismatch" (of another item), those of the content's parsers.
Result<AuthenticRecord> verify_record(Record record, const evidence::TrustAnchors& anchors);

}  // namespace atoma::collateral
