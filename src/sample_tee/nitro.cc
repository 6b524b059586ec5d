#include "atoma/sample_tee/nitro.h"

#include "atoma/base/check.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::sample_tee {
namespace {

using crypto::Curve;
using crypto::EcPrivateKey;
using pki::CertificateTemplate;
using pki::Signer;
using wire::CborWriter;

constexpr const char* kNames[] = {"aws.nitro-enclaves", "sample.zonal.nitro-enclaves",
                                  "i-00000000000000000.nitro-enclaves",
                                  "i-00000000000000000-enc0000000000000000"};
constexpr std::size_t kChainSize = std::size(kNames);
// As AWS's: decades, weeks, a day, three hours.
constexpr Duration kLifetimes[kChainSize] = {
    {10 * 365 * 86400ll}, {20 * 86400}, {86400}, {3 * 3600}};

CertificateTemplate make_template(std::size_t index, Time now, ByteView public_key_info) {
  CertificateTemplate out;
  out.subject_cn = kNames[index];
  out.issuer_cn = kNames[index == 0 ? 0 : index - 1];
  out.serial = {0x51, static_cast<std::uint8_t>(index)};
  out.validity = {now - Duration{3}, now + kLifetimes[index]};
  out.is_ca = index + 1 < kChainSize;
  if (out.is_ca && index > 0) out.path_length = kChainSize - 2 - index;
  out.public_key_info = to_bytes(public_key_info);
  return out;
}

template <typename Write>
Bytes item(Write write) {
  CborWriter out;
  write(out);
  return out.take();
}

Bytes text(std::string_view value) {
  return item([&](CborWriter& out) { out.value(value); });
}

Bytes encode_pcrs(const std::vector<Bytes>& pcrs) {
  return item([&](CborWriter& out) {
    out.begin_map();
    for (std::size_t i = 0; i < pcrs.size(); ++i) {
      if (!pcrs[i].empty()) out.key(static_cast<std::int64_t>(i)).bytes(pcrs[i]);
    }
    out.end_map();
  });
}

void append_optional(std::vector<Bytes>& out, std::string_view name,
                     const std::optional<Bytes>& value, bool nulls) {
  if (!value && !nulls) return;
  out.push_back(text(name));
  out.push_back(item([&](CborWriter& to) { value ? to.bytes(*value) : to.null(); }));
}

// In the order in which devices write them.
std::vector<Bytes> payload_items(const NitroDocumentTemplate& in, const std::vector<Bytes>& chain) {
  std::vector<Bytes> out;
  const auto add = [&](std::string_view name, Bytes value) {
    out.push_back(text(name));
    out.push_back(std::move(value));
  };
  add("module_id", text(in.module_id));
  add("digest", text(in.digest));
  const auto ms = static_cast<std::uint64_t>(in.timestamp.unix_s) * 1000 + in.timestamp_ms_extra;
  add("timestamp", item([&](CborWriter& to) { to.value(ms); }));
  add("pcrs", encode_pcrs(in.pcrs));
  add("certificate", item([&](CborWriter& to) { to.bytes(chain.back()); }));
  add("cabundle", item([&](CborWriter& to) {
        to.begin_array();
        for (std::size_t i = 0; i + 1 < chain.size(); ++i) to.bytes(chain[i]);
        to.end_array();
      }));
  append_optional(out, "public_key", in.public_key, in.nulls);
  append_optional(out, "user_data", in.user_data, in.nulls);
  append_optional(out, "nonce", in.nonce, in.nulls);
  return out;
}

}  // namespace

NitroPlatform NitroPlatform::create(Entropy& entropy, Time now, const Edit& edit) {
  std::vector<EcPrivateKey> keys;
  for (std::size_t i = 0; i < kChainSize; ++i) {
    keys.push_back(EcPrivateKey::generate(Curve::kP384, entropy));
  }
  std::vector<Bytes> chain;
  for (std::size_t i = 0; i < kChainSize; ++i) {
    auto content = make_template(i, now, Signer(keys[i]).public_key_info());
    if (edit) edit(i, content);
    chain.push_back(pki::issue_certificate(content, Signer(keys[i == 0 ? 0 : i - 1])));
  }
  return {std::move(chain), std::move(keys.back())};
}

Bytes NitroPlatform::payload(const NitroDocumentTemplate& content) const {
  std::vector<Bytes> items = payload_items(content, certificates);
  if (content.edit_payload) content.edit_payload(items);
  if (content.sorted) {
    CborWriter out;
    out.begin_map();
    for (const Bytes& part : items) out.raw(part);
    return out.end_map().take();
  }
  ATOMA_CHECK(items.size() / 2 < 24);
  Bytes out{content.indefinite ? std::uint8_t{0xBF}
                               : static_cast<std::uint8_t>(0xA0 + items.size() / 2)};
  for (const Bytes& part : items) append(out, part);
  if (content.indefinite) out.push_back(0xFF);
  return out;
}

Bytes NitroPlatform::document(const NitroDocumentTemplate& content) const {
  const Bytes body = content.payload ? *content.payload : payload(content);
  const Bytes to_sign = item([&](CborWriter& out) {
    out.begin_array().value("Signature1").bytes(content.protected_header);
    out.bytes({}).bytes(body).end_array();
  });
  CborWriter out;
  if (content.tagged) out.tag(18);
  out.begin_array().bytes(content.protected_header).begin_map().end_map();
  return out.bytes(body).bytes(leaf_key.sign(to_sign)).end_array().take();
}

}  // namespace atoma::sample_tee
