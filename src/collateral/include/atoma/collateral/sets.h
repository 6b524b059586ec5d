// Records as folders that verifiers read, and back: what `--collateral` takes. This is the form in
// which collateral goes to a machine without a network.
//
//   intel-tdx-00806f050000-platform/   tcb_info.json qe_identity.json tcb_signing_chain.pem
//                                      root_crl.der pck_crl.der pck_crl_issuer_chain.pem
//   amd-milan-<chip id>-4.0.24.217/    vcek.der ask_ark.pem crl.der
//   amd-milan/ amd-milan-vlek/         ask_ark.pem, asvk_ark.pem, crl.der: where no VCEK is
//   nvidia/                            <manifest>.xml <digest>.ocsp <digest>.subject
//
// The same records give the same names and bytes. A part that is not there is left out.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "atoma/collateral/verify.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/nvidia/rim.h"
#include "atoma/store/file.h"

namespace atoma::collateral {

inline constexpr std::size_t kSetFilesMax = 4096;

struct FileSet {
  struct File {
    std::string name;
    Bytes bytes;
  };
  std::string name;
  std::vector<File> files;

  const Bytes* find(std::string_view file) const;
};

std::vector<FileSet> make_sets(std::span<const AuthenticRecord> records);

// What services are given: complete sets, manifests and OCSP answers, parsed. Others are left out.
struct ParsedSets {
  std::vector<std::shared_ptr<const evidence::intel::Collateral>> collateral;
  std::vector<std::shared_ptr<const evidence::amd::Endorsements>> endorsements;
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> rims;
  std::vector<Bytes> ocsp;  // DER
};
ParsedSets parse_sets(std::span<const FileSet> sets);

// Into a folder that is new or empty. Errors: "collateral.export", those of the file system.
Status write_sets(const atoma::store::Path& directory, std::span<const FileSet> sets);
// One folder of sets, or a set itself. Errors: "collateral.import" (no folder, or too much in it),
// those of the file system.
Result<std::vector<FileSet>> read_sets(const atoma::store::Path& directory);

// The records of a set, believed by nobody yet. `unread` gets the names of files that are none of
// the above, or say nothing.
// Errors: those of the files' parsers.
Result<std::vector<Record>> records_of(const FileSet& set, Time fetched_at,
                                       std::vector<std::string>& unread);

}  // namespace atoma::collateral
