#include "atoma/cose/ear_cwt.h"
#include "atoma/wire/cbor_writer.h"
#include "fixtures.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

void add_cbor(std::vector<Seed>& out) {
  wire::CborWriter types;
  types.begin_map().key(1).begin_array().value(true).value(false).null().value(-500).end_array();
  types.key(-1).tag(18).bytes(Bytes{1, 2, 3}).key("text").value("\xC3\xBC").key(300).value(70000);
  out.push_back({"cbor", "all_types", types.end_map().take()});
  out.push_back({"cbor", "indefinite", {0xBF, 0x02, 0xF6, 0x01, 0x41, 0x00, 0xFF}});
  out.push_back({"cbor", "unsorted", {0xA2, 0x02, 0x00, 0x01, 0x00}});
  out.push_back({"cbor", "deep", {0x81, 0x81, 0xC1, 0x81, 0xA1, 0x01, 0x81, 0x18, 0x18}});
}

void add_tokens(std::vector<Seed>& out) {
  const TokenWorld world;
  const cose::SigningKey signer(fixed_key(crypto::Curve::kP256, 0x22));
  cose::VerificationKeys keys;
  const std::string kid = keys.add(signer.public_key());
  out.push_back({"ear_cwt", "token", cose::sign_ear_cwt(world.ear, signer, kid)});
  out.push_back({"ear_cwt", "claims", cose::encode_ear_cwt(world.ear)});
  out.push_back({"ear_cwt", "keys", keys.to_cose()});
}

}  // namespace

std::vector<Seed> cbor_seeds() {
  std::vector<Seed> out;
  add_cbor(out);
  out.push_back({"cose_sign1", "es256", sign1_fixture()});
  const char* const forms[] = {"unsorted", "indefinite", "sorted"};
  const auto documents = NitroWorld().documents();
  for (std::size_t i = 0; i < documents.size(); ++i) {
    out.push_back({"nitro_document", forms[i], documents[i]});
  }
  const CcaWorld cca;
  const auto tokens = cca.tokens();
  out.push_back({"cca_token", "sha256", tokens[0]});
  out.push_back({"cca_token", "sha512", tokens[1]});
  out.push_back({"cca_token", "jwk", to_bytes(cca.platform.platform_key_jwk())});
  add_tokens(out);
  return out;
}

}  // namespace atoma::fuzz
