#include "atoma/collateral/sets.h"

#include <algorithm>
#include <format>

#include "atoma/base/limits.h"

namespace atoma::collateral {
namespace {

namespace fs = std::filesystem;
using evidence::amd::Product;

constexpr std::string_view kPckCas[] = {"platform", "processor"};
constexpr Product kProducts[] = {Product::kMilan, Product::kGenoa, Product::kTurin};

class SetMaker {
 public:
  explicit SetMaker(std::span<const AuthenticRecord> records) : records_(records) {}

  std::vector<FileSet> run() {
    for (const auto& record : records_) {
      if (record.item().kind() == Kind::kTcbInfo) add_intel(record);
    }
    for (const auto product : kProducts) add_amd(product);
    add_nvidia();
    std::ranges::sort(sets_, {}, &FileSet::name);
    return std::move(sets_);
  }

 private:
  const Record* find(const std::string& name) const {
    const auto found = std::ranges::find_if(
        records_, [&](const AuthenticRecord& record) { return record.item().name() == name; });
    return found == records_.end() ? nullptr : &found->record();
  }

  static void add(FileSet& set, std::string_view name, const Bytes& bytes) {
    set.files.push_back({std::string(name), bytes});
  }

  // One set for each authority whose list there is: a quote's own chain says which is right.
  void add_intel(const AuthenticRecord& tcb_info) {
    const Item& item = tcb_info.item();
    FileSet base{.name = std::format("intel-{}-{}", item.scope(), item.key()), .files = {}};
    add(base, "tcb_info.json", tcb_info.record().content);
    add(base, "tcb_signing_chain.pem", tcb_info.record().issuer_chain);
    if (const Record* qe = find("intel/qe_identity/" + std::string(item.scope()))) {
      add(base, "qe_identity.json", qe->content);
    }
    if (const Record* crl = find("intel/root_crl")) add(base, "root_crl.der", crl->content);
    bool any = false;
    for (const std::string_view ca : kPckCas) {
      const Record* crl = find("intel/pck_crl/" + std::string(ca));
      if (crl == nullptr) continue;
      FileSet set = base;
      set.name += "-" + std::string(ca);
      add(set, "pck_crl.der", crl->content);
      add(set, "pck_crl_issuer_chain.pem", crl->issuer_chain);
      sets_.push_back(std::move(set));
      any = true;
    }
    if (!any) sets_.push_back(std::move(base));
  }

  void add_amd(Product product) {
    const std::string scope = product_scope(product);
    const Record* crl = find("amd/crl/" + scope);
    const auto finish = [&](FileSet set) {
      if (crl != nullptr) add(set, "crl.der", crl->content);
      sets_.push_back(std::move(set));
    };
    bool any = false;
    for (const auto& record : records_) {
      const Item& item = record.item();
      if (item.kind() != Kind::kVcek || item.product() != product) continue;
      FileSet set{.name = std::format("amd-{}-{}", scope, item.key()), .files = {}};
      add(set, "vcek.der", record.record().content);
      add(set, "ask_ark.pem", record.record().issuer_chain);
      finish(std::move(set));
      any = true;
    }
    if (const Record* chain = find("amd/cert_chain/" + scope); chain != nullptr && !any) {
      finish({.name = "amd-" + scope, .files = {{"ask_ark.pem", chain->content}}});
    }
    if (const Record* chain = find("amd/vlek_cert_chain/" + scope)) {
      finish({.name = "amd-" + scope + "-vlek", .files = {{"asvk_ark.pem", chain->content}}});
    }
  }

  void add_nvidia() {
    FileSet set{.name = "nvidia", .files = {}};
    for (const auto& record : records_) {
      const std::string key(record.item().key());
      if (record.item().kind() == Kind::kRim) add(set, key + ".xml", record.record().content);
      if (record.item().kind() != Kind::kOcsp) continue;
      add(set, key + ".ocsp", record.record().content);
      add(set, key + ".subject", record.record().issuer_chain);
    }
    if (!set.files.empty()) sets_.push_back(std::move(set));
  }

  std::span<const AuthenticRecord> records_;
  std::vector<FileSet> sets_;
};

evidence::intel::CollateralFiles intel_files(const FileSet& set) {
  evidence::intel::CollateralFiles out;
  for (const auto& part : evidence::intel::kCollateralParts) {
    if (const Bytes* bytes = set.find(part.file)) out.*part.bytes = *bytes;
  }
  return out;
}

std::vector<atoma::store::Path> entries_of(const atoma::store::Path& directory, bool directories) {
  std::vector<atoma::store::Path> out;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end;
       !error && it != end && out.size() <= kSetFilesMax; it.increment(error)) {
    std::error_code unknown;
    if (directories ? it->is_directory(unknown) : it->is_regular_file(unknown)) {
      out.push_back(it->path());
    }
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

const Bytes* FileSet::find(std::string_view file) const {
  const auto found = std::ranges::find(files, file, &File::name);
  return found == files.end() ? nullptr : &found->bytes;
}

std::vector<FileSet> make_sets(std::span<const AuthenticRecord> records) {
  return SetMaker(records).run();
}

namespace {

void parse_nvidia(const FileSet& set, ParsedSets& out) {
  for (const auto& file : set.files) {
    const auto suffix = fs::path(file.name).extension();
    if (suffix == ".ocsp") out.ocsp.push_back(file.bytes);
    if (suffix != ".xml" && suffix != ".swidtag") continue;
    auto rim = evidence::nvidia::parse_rim_file(file.bytes);
    if (rim) out.rims.push_back(*std::move(rim));
  }
}

}  // namespace

ParsedSets parse_sets(std::span<const FileSet> sets) {
  ParsedSets out;
  for (const auto& set : sets) {
    parse_nvidia(set, out);
    if (set.find("tcb_info.json") != nullptr) {
      auto parsed = evidence::intel::Collateral::parse(intel_files(set));
      const bool complete =
          parsed && (*parsed)->qe_identity() && (*parsed)->root_crl() && (*parsed)->pck_crl();
      if (complete) out.collateral.push_back(*std::move(parsed));
    }
    if (set.find("vcek.der") == nullptr) continue;
    std::vector<ByteView> files;
    for (const auto& file : set.files) files.emplace_back(file.bytes);
    auto parsed = evidence::amd::Endorsements::parse(files);
    if (parsed && parsed->complete()) {
      out.endorsements.push_back(
          std::make_shared<const evidence::amd::Endorsements>(*std::move(parsed)));
    }
  }
  return out;
}

Status write_sets(const atoma::store::Path& directory, std::span<const FileSet> sets) {
  auto& files = atoma::store::posix_file_system();
  if (!entries_of(directory, true).empty() || !entries_of(directory, false).empty()) {
    return malformed("collateral.export", directory.string() + " is not empty");
  }
  ATOMA_TRY_VOID(files.make_directory(directory));
  for (const auto& set : sets) {
    ATOMA_TRY_VOID(files.make_directory(directory / set.name));
    for (const auto& file : set.files) {
      ATOMA_TRY_VOID(
          atoma::store::replace_file(files, directory / set.name / file.name, file.bytes));
    }
  }
  return {};
}

Result<std::vector<FileSet>> read_sets(const atoma::store::Path& directory) {
  auto& files = atoma::store::posix_file_system();
  auto folders = entries_of(directory, true);
  if (folders.empty()) folders.push_back(directory);
  std::vector<FileSet> out;
  std::size_t count = 0;
  for (const auto& folder : folders) {
    FileSet set{.name = folder.filename().string(), .files = {}};
    for (const auto& path : entries_of(folder, false)) {
      if (++count > kSetFilesMax) {
        return malformed("collateral.import", directory.string() + " has too many files");
      }
      ATOMA_TRY(auto bytes, atoma::store::read_file(files, path, limits::kCrlMax));
      set.files.push_back({path.filename().string(), std::move(bytes)});
    }
    if (!set.files.empty()) out.push_back(std::move(set));
  }
  if (out.empty()) {
    return malformed("collateral.import", directory.string() + " has no files of collateral");
  }
  return out;
}

}  // namespace atoma::collateral
