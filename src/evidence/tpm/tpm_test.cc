// TPM quotes and HCL reports: each refusal alone, each check alone, and damage to every byte.
#include <gtest/gtest.h>

#include "atoma/crypto/system_entropy.h"
#include "atoma/evidence/tpm/evidence_file.h"
#include "atoma/wire/der.h"
#include "atoma/wire/pem.h"
#include "tpm/test_quote.h"

namespace atoma::evidence::tpm {
namespace {

constexpr auto k256 = HashAlgorithm::kSha256;
constexpr auto k384 = HashAlgorithm::kSha384;

const crypto::RsaPrivateKey& rsa() {
  static const auto key = crypto::RsaPrivateKey::generate(2048);
  return key;
}

AttestationKey rsa_ak() { return *AttestationKey::create_rsa(rsa().modulus(), rsa().exponent()); }

Bytes signed_rsassa(ByteView message) {
  return rsa_signature(0x0014, k256,
                       rsa().sign(crypto::RsaPadding::kPkcs1, crypto::RsaDigest::kSha256, message));
}

std::string quote_error(ByteView bytes) {
  const auto quote = parse_tpm_quote(bytes);
  return quote ? "" : std::string(quote.error().reason);
}

TEST(TpmQuote, ReadsItsFields) {
  const Bytes bytes = TestQuote{}.encode();
  const auto quote = parse_tpm_quote(bytes);
  ASSERT_TRUE(quote) << quote.error().message;
  EXPECT_EQ(as_text(quote->nonce), "challenge");
  EXPECT_TRUE(quote->clock_safe);
  EXPECT_EQ(quote->reset_count, 2u);
  EXPECT_EQ(quote->firmware_version, 0x2020031200120003u);
  ASSERT_EQ(quote->selections.size(), 1u);
  EXPECT_EQ(quote->selections[0].mask, 0xFFFFFFu);
  EXPECT_EQ(quote->pcr_digest.size(), 32u);
}

TEST(TpmQuote, Refuses) {
  Bytes bytes = TestQuote{}.encode();
  for (std::size_t size = 6; size < bytes.size(); ++size) {
    EXPECT_EQ(quote_error(ByteView(bytes).first(size)), "tpm.quote.syntax") << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(quote_error(longer), "tpm.quote.syntax");
  Bytes safe = bytes;
  safe[6 + 36 + 11 + 16] = 2;  // a boolean
  EXPECT_EQ(quote_error(safe), "tpm.quote.syntax");
  Bytes magic = bytes;
  magic[0] = 0;
  EXPECT_EQ(quote_error(magic), "tpm.quote.magic");
  Bytes type = bytes;
  type[5] = 0x17;  // TPM_ST_ATTEST_CERTIFY
  EXPECT_EQ(quote_error(type), "tpm.quote.type");
}

TEST(TpmQuote, RefusesForeignSelections) {
  const TestQuote made;
  Bytes twice{0, 0, 0, 2, 0, 0x0B, 3, 1, 0, 0, 0, 0x0B, 3, 1, 0, 0};
  EXPECT_EQ(quote_error(made.encode(twice)), "tpm.quote.selection");
  EXPECT_EQ(quote_error(made.encode({0, 0, 0, 9})), "tpm.quote.selection");
  EXPECT_EQ(quote_error(made.encode({0, 0, 0, 1, 0, 0x0B, 5, 0, 0, 0, 0, 0})),
            "tpm.quote.selection");
  EXPECT_EQ(quote_error(made.encode({0, 0, 0, 1, 0, 0x0B, 4, 0, 0, 0, 1})), "tpm.quote.selection");
}

TEST(TpmSignature, Refuses) {
  const auto why = [](ByteView bytes) {
    const auto signature = parse_tpm_signature(bytes);
    return signature ? "" : std::string(signature.error().reason);
  };
  const Bytes good = rsa_signature(0x0014, k256, Bytes(256, 1));
  EXPECT_EQ(why(good), "");
  EXPECT_EQ(why(ByteView(good).first(200)), "tpm.signature.syntax");
  EXPECT_EQ(why(rsa_signature(0x0014, HashAlgorithm::kSha1, Bytes(256))),
            "tpm.signature.algorithm");
  EXPECT_EQ(why(rsa_signature(0x0005, k256, Bytes(32))), "tpm.signature.algorithm");  // HMAC
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(why(longer), "tpm.signature.syntax");
}

// A TPMT_PUBLIC of an AK.
Bytes rsa_public(std::uint32_t attributes) {
  Bytes out;
  wire::append_be(out, 0x0001, 2);
  wire::append_be(out, 0x000B, 2);
  wire::append_be(out, attributes, 4);
  append_sized(out, {});
  wire::append_be(out, 0x0010, 2);
  wire::append_be(out, 0x0014, 2);
  wire::append_be(out, 0x000B, 2);
  wire::append_be(out, 2048, 2);
  wire::append_be(out, 0, 4);
  append_sized(out, rsa().modulus());
  return out;
}

Bytes ec_public(ByteView xy) {
  Bytes out;
  wire::append_be(out, 0x0023, 2);
  wire::append_be(out, 0x000B, 2);
  wire::append_be(out, 0x00050072, 4);
  append_sized(out, {});
  wire::append_be(out, 0x0010, 2);
  wire::append_be(out, 0x0018, 2);
  wire::append_be(out, 0x000B, 2);
  wire::append_be(out, 0x0003, 2);
  wire::append_be(out, 0x0010, 2);
  append_sized(out, xy.first(32));
  append_sized(out, xy.subspan(32));
  return out;
}

constexpr std::uint32_t kAkAttributes = 0x00050072;  // restricted, sign, fixed

TEST(AttestationKey, EveryFormIsTheSameKey) {
  const auto fingerprint = rsa_ak().fingerprint();
  const Bytes plain = rsa_public(kAkAttributes);
  EXPECT_EQ(AttestationKey::parse(plain)->fingerprint(), fingerprint);
  Bytes sized;
  append_sized(sized, plain);
  EXPECT_EQ(AttestationKey::parse(sized)->fingerprint(), fingerprint);
  crypto::SystemEntropy entropy;
  const auto ec = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy);
  const auto ak = AttestationKey::create_ec(crypto::Curve::kP256, ec.public_xy());
  EXPECT_EQ(AttestationKey::parse(ec_public(ec.public_xy()))->fingerprint(), ak->fingerprint());
}

TEST(AttestationKey, Refuses) {
  const auto why = [](ByteView bytes) {
    const auto key = AttestationKey::parse(bytes);
    return key ? "" : std::string(key.error().reason);
  };
  EXPECT_EQ(why(rsa_public(0x00040072)), "tpm.ak.attributes");  // not restricted: signs anything
  EXPECT_EQ(why(rsa_public(0x00030072)), "tpm.ak.attributes");  // restricted, but decrypts
  const Bytes good = rsa_public(kAkAttributes);
  EXPECT_EQ(why(ByteView(good).first(good.size() - 1)), "tpm.ak.syntax");
  Bytes symmetric = good;
  symmetric[11] = 6;
  EXPECT_EQ(why(symmetric), "tpm.ak.algorithm");
  EXPECT_EQ(why(Bytes{0, 8}), "tpm.ak.algorithm");
  EXPECT_EQ(why(Bytes{0x30, 0}), "tpm.ak.syntax");
  EXPECT_EQ(why(as_bytes(wire::encode_pem("RSA PUBLIC KEY", Bytes{0x30, 0}))), "tpm.ak.syntax");
  Bytes algorithm, body, ed25519;
  wire::der_append(algorithm, wire::kDerOid, wire::der_oid("1.3.101.112"));
  wire::der_append(body, wire::kDerSequence, algorithm);
  wire::der_append_bit_string(body, Bytes(32, 1));
  wire::der_append(ed25519, wire::kDerSequence, body);
  EXPECT_EQ(why(ed25519), "tpm.ak.algorithm");
}

struct Case {
  TestQuote made;
  Bytes message = made.encode();
  Bytes signature = signed_rsassa(message);

  // The ids of what did not pass; "" when the quote is authentic.
  std::string run() {
    const auto quote = parse_tpm_quote(message);
    const auto parsed = parse_tpm_signature(signature);
    if (!quote || !parsed) return "parse";
    auto ak = rsa_ak();
    Findings findings(Detail::kFailures);
    const auto authentic = verify_tpm_quote(*quote, *parsed, ak, made.values(), findings);
    std::string out;
    for (const auto& f : findings.items()) out += (out.empty() ? "" : " ") + std::string(f.id);
    EXPECT_EQ(authentic.has_value(), out.empty());
    return out;
  }
};

TEST(VerifyQuote, AcceptsWhatTheAkSigned) {
  EXPECT_EQ(Case{}.run(), "");
  Case part{.made = {.mask = 1u << 7}};
  EXPECT_EQ(part.run(), "");
}

TEST(VerifyQuote, EachCheckAlone) {
  Case nonce;
  nonce.message[44] ^= 1;
  EXPECT_EQ(nonce.run(), "tpm.quote.signature");
  Case pcr;
  pcr.made.pcrs[5][0] ^= 1;
  EXPECT_EQ(pcr.run(), "tpm.pcr.digest");
  Case bank;
  bank.made.bank = k384;  // values of another bank than the quoted one
  bank.made.pcrs = TestQuote::default_pcrs(48);
  EXPECT_EQ(bank.run(), "tpm.pcr.selection");
  Case missing;
  missing.made.pcrs[3].clear();
  EXPECT_EQ(missing.run(), "tpm.pcr.selection");
  Case two;
  two.message = two.made.encode({0, 0, 0, 2, 0, 0x0B, 1, 1, 0, 0x0C, 1, 1});
  two.signature = signed_rsassa(two.message);
  EXPECT_EQ(two.run(), "tpm.pcr.selection");
  Case none{.made = {.mask = 0}};
  EXPECT_EQ(none.run(), "tpm.pcr.selection");
  // Moving a value to a PCR that is not selected changes nothing that was quoted.
  Case unselected{.made = {.mask = 1}};
  unselected.made.pcrs[5][0] ^= 1;
  EXPECT_EQ(unselected.run(), "");
}

TEST(VerifyQuote, EveryByteIsSigned) {
  const Case good;
  for (std::size_t i = 0; i < good.message.size(); ++i) {
    Case damaged;
    damaged.message[i] ^= 0x80;
    EXPECT_NE(damaged.run(), "") << i;
  }
  for (std::size_t i = 0; i < good.signature.size(); ++i) {
    Case damaged;
    damaged.signature[i] ^= 0x01;
    EXPECT_NE(damaged.run(), "") << i;
  }
}

TEST(VerifyQuote, SchemesOfTheKey) {
  const Bytes message = TestQuote{}.encode();
  auto ak = rsa_ak();
  const auto ok = [&](AttestationKey& key, const Bytes& bytes) {
    const auto signature = parse_tpm_signature(bytes);
    return signature && key.verify(*signature, message);
  };
  using enum crypto::RsaPadding;
  using enum crypto::RsaDigest;
  EXPECT_TRUE(ok(ak, rsa_signature(0x0016, k256, rsa().sign(kPssAnySalt, kSha256, message))));
  EXPECT_TRUE(ok(ak, rsa_signature(0x0014, k384, rsa().sign(kPkcs1, kSha384, message))));
  EXPECT_FALSE(ok(ak, rsa_signature(0x0014, k384, rsa().sign(kPkcs1, kSha256, message))));
  EXPECT_FALSE(ok(ak, rsa_signature(0x0016, k256, rsa().sign(kPkcs1, kSha256, message))));
  EXPECT_TRUE(ok(ak, rsa().sign(kPkcs1, kSha256, message)));  // bare
  EXPECT_FALSE(ok(ak, rsa().sign(kPkcs1, kSha384, message)));
  crypto::SystemEntropy entropy;
  for (const auto curve : {crypto::Curve::kP256, crypto::Curve::kP384}) {
    const auto ec = crypto::EcPrivateKey::generate(curve, entropy);
    auto key = AttestationKey::create_ec(curve, ec.public_xy());
    const bool p256 = curve == crypto::Curve::kP256;
    EXPECT_TRUE(ok(*key, ecdsa_signature(p256 ? k256 : k384, ec.sign(message))));
    EXPECT_FALSE(ok(*key, ecdsa_signature(p256 ? k384 : k256, ec.sign(message))));
    EXPECT_FALSE(ok(ak, ecdsa_signature(k256, ec.sign(message))));
    EXPECT_FALSE(ok(*key, signed_rsassa(message)));
  }
}

TEST(EvidenceFile, ReadsEveryFormOfBytes) {
  const auto file = [](std::string_view text) { return parse_evidence_file(as_bytes(text)); };
  const auto numbers = file(R"({"report":[1,255],"quote":{"message":[1],"pcrs":[[2]]}})");
  ASSERT_TRUE(numbers) << numbers.error().message;
  EXPECT_EQ(numbers->hcl_report, (Bytes{1, 255}));
  EXPECT_EQ(numbers->pcrs[0], Bytes{2});
  const auto texts = file(R"({"hcl_report":"_-8","td_quote":"/+8=","ak_public":"abcd",)"
                          R"("tpm_quote":{"signature":"00"},"vcek":"-----BEGIN X"})");
  ASSERT_TRUE(texts) << texts.error().message;
  EXPECT_EQ(texts->hcl_report, (Bytes{0xFF, 0xEF}));
  EXPECT_EQ(file(R"({"hcl_report":"_-8="})")->hcl_report, (Bytes{0xFF, 0xEF}));
  EXPECT_EQ(texts->td_quote, (Bytes{0xFF, 0xEF}));
  EXPECT_EQ(texts->ak_public, (Bytes{0xAB, 0xCD}));
  EXPECT_EQ(texts->signature, Bytes{0});
  EXPECT_EQ(as_text(texts->vcek), "-----BEGIN X");
  const std::string pcr = std::string(64, '0');
  EXPECT_EQ(file(R"({"quote":{"pcrs":[")" + pcr + R"("]}})")->bank, k256);
  for (const std::string_view bad :
       {R"([])", R"({"report":[256]})", R"({"report":1})", R"({"report":"%"})",
        R"({"quote":{"pcrs":1}})", R"({"quote":{"pcrs":["00","0000"]}})"}) {
    EXPECT_EQ(file(bad).error().reason, "tpm.file") << bad;
  }
  EXPECT_EQ(file("{").error().reason, "json.syntax");
}

TEST(EvidenceFile, ReadsPcrLines) {
  const std::string hex(64, 'a');
  const auto lines = parse_pcr_lines("  sha256:\n    0 : 0x" + hex + "\n\n23: " + hex);
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->bank, k256);
  EXPECT_EQ(lines->pcrs[23], Bytes(32, 0xAA));
  EXPECT_TRUE(lines->pcrs[1].empty());
  for (const std::string& bad :
       std::vector<std::string>{"0 " + hex, "24: " + hex, "x: " + hex, "0: zz",
                                "0: " + hex + "\n0: " + hex, "0: " + hex + "\n1: 00"}) {
    EXPECT_EQ(parse_pcr_lines(bad).error().reason, "tpm.file") << bad;
  }
}

std::string hcl_error(const TestHcl& made) {
  const Bytes bytes = made.encode();
  const auto report = parse_hcl_report(bytes);
  return report ? "" : std::string(report.error().reason);
}

TEST(HclReport, ReadsAndRefuses) {
  TestHcl made{.claims = hcl_claims(rsa())};
  EXPECT_EQ(hcl_error(made), "");
  EXPECT_EQ(parse_hcl_report({}).error().reason, "hcl.size");
  EXPECT_EQ(parse_hcl_report(Bytes(20000)).error().reason, "hcl.size");
  Bytes bytes = made.encode();
  bytes[0] = 'X';
  EXPECT_EQ(parse_hcl_report(bytes).error().reason, "hcl.magic");
  bytes = made.encode();
  bytes.back() = 1;
  EXPECT_EQ(parse_hcl_report(bytes).error().reason, "hcl.padding");
  bytes = made.encode();
  bytes[1216] ^= 1;
  EXPECT_EQ(parse_hcl_report(bytes).error().reason, "hcl.claims_size");
  made.padding = 0;
  bytes = made.encode();
  bytes.pop_back();
  EXPECT_EQ(parse_hcl_report(bytes).error().reason, "hcl.claims_size");
  made.type = 3;
  EXPECT_EQ(hcl_error(made), "hcl.report_type");
  made.type = 4;
  made.hash_type = 4;
  EXPECT_EQ(hcl_error(made), "hcl.hash_type");
}

TEST(HclClaims, HaveOneAk) {
  const auto why = [](const std::string& claims) {
    const auto parsed = parse_hcl_claims(as_bytes(claims));
    return parsed ? "" : std::string(parsed.error().reason);
  };
  const std::string good = hcl_claims(rsa());
  const auto claims = parse_hcl_claims(as_bytes(good));
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->ak.fingerprint(), rsa_ak().fingerprint());
  EXPECT_EQ(claims->vm_id, "one");
  EXPECT_EQ(claims->secure_boot, true);
  EXPECT_EQ(why("{"), "json.syntax");
  EXPECT_EQ(why("{}"), "hcl.claims");
  EXPECT_EQ(why(R"({"keys":[{"kid":"HCLEkPub"}]})"), "hcl.claims");
  EXPECT_EQ(why(R"({"keys":[{"kid":"HCLAkPub","kty":"EC"}]})"), "hcl.claims");
  EXPECT_EQ(why(R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","n":"AA","e":"%"}]})"), "hcl.claims");
  EXPECT_EQ(why(R"({"keys":[{"kid":"HCLAkPub","kty":"RSA","n":"AA","e":"AQAB"}]})"), "key.rsa");
  const std::string key = good.substr(9, good.find("}]") - 8);
  EXPECT_EQ(why(R"({"keys":[)" + key + "," + key + "]}"), "hcl.claims");
}

TEST(HclBinding, ReportDataIsTheHashOfTheClaimsAndZeros) {
  for (const auto& [type, hash] : {std::pair{1u, k256}, {2u, k384}, {3u, HashAlgorithm::kSha512}}) {
    const TestHcl made{.hash_type = type, .claims = hcl_claims(rsa())};
    const Bytes bytes = made.encode();
    const auto report = parse_hcl_report(bytes);
    ASSERT_TRUE(report);
    Bytes data = hash_of(hash, {as_bytes(made.claims)});
    data.resize(64);
    Findings findings(Detail::kFailures);
    EXPECT_TRUE(check_hcl_binding(*report, data, findings));
    for (const std::size_t i : {0uz, 31uz, 63uz}) {
      Bytes damaged = data;
      damaged[i] ^= 1;
      EXPECT_FALSE(check_hcl_binding(*report, damaged, findings)) << i;
    }
    ASSERT_FALSE(findings.items().empty());
    EXPECT_EQ(findings.items()[0].id, "tpm.hcl.binding");
  }
}

}  // namespace
}  // namespace atoma::evidence::tpm
