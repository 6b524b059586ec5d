// The records of a set of files: what each is about, it says itself.
#include <algorithm>
#include <set>

#include "atoma/collateral/sets.h"
#include "atoma/evidence/amd/key_extensions.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"

namespace atoma::collateral {
namespace {

using pki::Certificate;

constexpr std::string_view kCertificate = "CERTIFICATE";

Bytes pem_of(std::initializer_list<const Certificate*> chain) {
  std::string out;
  for (const Certificate* c : chain) out += wire::encode_pem(kCertificate, c->der());
  return to_bytes(out);
}

class RecordReader {
 public:
  RecordReader(const FileSet& set, Time fetched_at) : set_(set), fetched_at_(fetched_at) {}

  Result<std::vector<Record>> run(std::vector<std::string>& unread) {
    if (set_.find("tcb_info.json") != nullptr || set_.find("qe_identity.json") != nullptr) {
      ATOMA_TRY_VOID(read_intel());
    } else {
      ATOMA_TRY_VOID(read_amd());
      ATOMA_TRY_VOID(read_nvidia());
    }
    for (const auto& file : set_.files) {
      if (!used_.contains(file.name)) unread.push_back(set_.name + "/" + file.name);
    }
    return std::move(records_);
  }

 private:
  // Null when it is not there.
  const Bytes* use(const std::string& name) {
    const Bytes* bytes = set_.find(name);
    if (bytes != nullptr) used_.insert(name);
    return bytes;
  }

  Status add(const std::string& name, Bytes content, Bytes chain) {
    ATOMA_TRY(auto item, Item::parse(name));
    records_.push_back({.item = std::move(item),
                        .content = std::move(content),
                        .issuer_chain = std::move(chain),
                        .etag = "",
                        .fetched_at = fetched_at_});
    return {};
  }

  Status read_intel() {
    const Bytes* chain = use("tcb_signing_chain.pem");
    evidence::intel::CollateralFiles files;
    if (const Bytes* bytes = use("tcb_info.json")) files.tcb_info = *bytes;
    if (const Bytes* bytes = use("qe_identity.json")) files.qe_identity = *bytes;
    if (chain != nullptr) files.tcb_signing_chain = *chain;
    ATOMA_TRY(const auto parsed, evidence::intel::Collateral::parse(files));
    if (const auto& info = parsed->tcb_info()) {
      const std::string tee = info->value.is_tdx ? "tdx/" : "sgx/";
      ATOMA_TRY_VOID(add("intel/tcb_info/" + tee + wire::hex_encode(info->value.fmspc),
                         files.tcb_info, files.tcb_signing_chain));
    }
    if (const auto& qe = parsed->qe_identity()) {
      ATOMA_TRY_VOID(
          add(qe->value.id == "TD_QE" ? "intel/qe_identity/tdx" : "intel/qe_identity/sgx",
              files.qe_identity, files.tcb_signing_chain));
    }
    const Bytes* root_crl = use("root_crl.der");
    if (root_crl != nullptr && !parsed->tcb_signing_chain().empty()) {
      ATOMA_TRY_VOID(
          add("intel/root_crl", *root_crl, pem_of({&parsed->tcb_signing_chain().back()})));
    }
    return read_pck_crl();
  }

  // Without its issuer nobody can check it; a quote's own chain has one, but not here.
  Status read_pck_crl() {
    const Bytes* issuers = set_.find("pck_crl_issuer_chain.pem");
    const Bytes* crl = set_.find("pck_crl.der");
    if (issuers == nullptr || crl == nullptr) return {};
    used_.insert({"pck_crl_issuer_chain.pem", "pck_crl.der"});
    ATOMA_TRY(const auto chain, pki::parse_certificates(*issuers));
    const bool platform = !chain.empty() && chain[0].subject_cn().ends_with("Platform CA");
    return add(platform ? "intel/pck_crl/platform" : "intel/pck_crl/processor", *crl, *issuers);
  }

  Status read_amd() {
    std::vector<ByteView> files;
    for (const auto& file : set_.files) {
      const auto suffix = std::filesystem::path(file.name).extension().string();
      if (suffix != ".pem" && suffix != ".der" && suffix != ".crt" && suffix != ".crl") continue;
      files.emplace_back(file.bytes);
      used_.insert(file.name);
    }
    if (files.empty()) return {};
    ATOMA_TRY(const auto parsed, evidence::amd::Endorsements::parse(files));
    const Certificate* root = parsed.root();
    const Certificate* above = parsed.intermediate();
    if (root == nullptr || !root->subject_cn().starts_with("ARK-")) return {};
    const auto product = evidence::amd::product_of_name(root->subject_cn().substr(4));
    const std::string scope = product_scope(product);
    if (above != nullptr) {
      const bool vlek = above->subject_cn().starts_with("SEV-VLEK-");
      ATOMA_TRY_VOID(add((vlek ? "amd/vlek_cert_chain/" : "amd/cert_chain/") + scope,
                         pem_of({above, root}), {}));
    }
    if (parsed.crl() != nullptr) {
      ATOMA_TRY_VOID(add("amd/crl/" + scope, to_bytes(parsed.crl()->der()), pem_of({root})));
    }
    const Certificate* leaf = parsed.leaf();
    if (leaf == nullptr || leaf->subject_cn() != "SEV-VCEK" || above == nullptr) return {};
    ATOMA_TRY(const auto key,
              evidence::amd::parse_key_extensions(*leaf, evidence::amd::SigningKey::kVcek));
    if (key.product != product) return {};
    ATOMA_TRY(const auto item,
              vcek_item(product, key.hw_id, evidence::amd::decode_tcb(key.tcb, product)));
    return add(item.name(), to_bytes(leaf->der()), pem_of({above, root}));
  }

  Status read_nvidia() {
    for (const auto& file : set_.files) {
      const auto path = std::filesystem::path(file.name);
      const std::string stem = path.stem().string();
      if (path.extension() == ".xml" || path.extension() == ".swidtag") {
        used_.insert(file.name);
        ATOMA_TRY_VOID(add("nvidia/rim/" + stem, file.bytes, {}));
      }
      const Bytes* subject = set_.find(stem + ".subject");
      if (path.extension() != ".ocsp" || subject == nullptr) continue;
      used_.insert({file.name, stem + ".subject"});
      ATOMA_TRY_VOID(add("nvidia/ocsp/" + stem, file.bytes, *subject));
    }
    return {};
  }

  const FileSet& set_;
  Time fetched_at_;
  std::set<std::string> used_;
  std::vector<Record> records_;
};

}  // namespace

Result<std::vector<Record>> records_of(const FileSet& set, Time fetched_at,
                                       std::vector<std::string>& unread) {
  return RecordReader(set, fetched_at).run(unread);
}

}  // namespace atoma::collateral
