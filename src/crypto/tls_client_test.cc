// Against OpenSSL's server side, in memory.
#include "atoma/crypto/tls_client.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <optional>
#include <string>

#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

using SslCtxPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;

struct Identity {
  PkeyPtr key;
  X509Ptr certificate;
  std::string pem;
  std::string key_pem;
};

std::string take_text(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return out;
}

// Signs itself; good for `names`, like "DNS:api.example", from an hour ago for `lifetime_s`.
Identity make_identity(const char* names, long lifetime_s = 7200) {
  Identity out;
  out.key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  out.certificate.reset(X509_new());
  X509* const cert = out.certificate.get();
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), lifetime_s - 3600);
  X509_set_pubkey(cert, out.key.get());
  X509_NAME* const name = X509_get_subject_name(cert);
  const unsigned char text[] = "test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(cert, out.key.get(), EVP_sha256());
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, cert);
  out.pem = take_text(memory);
  memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, out.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  out.key_pem = take_text(memory);
  return out;
}

class Server {
 public:
  explicit Server(const Identity& identity, int version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    SSL_CTX_set_min_proto_version(context_.get(), 0);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_security_level(context_.get(), 0);
    ssl_.reset(SSL_new(context_.get()));
    input_ = BIO_new(BIO_s_mem());
    output_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), input_, output_);
    SSL_set_accept_state(ssl_.get());
  }
  // Only whoever has this very certificate may speak.
  void admit_only(const Identity& peer) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), peer.certificate.get());
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }

  // Takes what the client sent, keeps what it said, gives what is to be sent back.
  Bytes exchange(const Bytes& in) {
    if (!in.empty()) BIO_write(input_, in.data(), static_cast<int>(in.size()));
    SSL_do_handshake(ssl_.get());
    char buffer[4096];
    for (;;) {
      const int got = SSL_read(ssl_.get(), buffer, sizeof(buffer));
      if (got <= 0) break;
      heard.append(buffer, static_cast<std::size_t>(got));
    }
    return output();
  }
  Bytes say(std::string_view text, bool end = false) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    if (end) SSL_shutdown(ssl_.get());
    return output();
  }

  std::string heard;

 private:
  Bytes output() {
    Bytes out(BIO_ctrl_pending(output_));
    if (!out.empty()) BIO_read(output_, out.data(), static_cast<int>(out.size()));
    return out;
  }

  SslCtxPtr context_;
  SslPtr ssl_;
  BIO* input_;
  BIO* output_;
};

const Identity& identity() {
  static const Identity kIdentity = make_identity("DNS:api.example,IP:127.0.0.1");
  return kIdentity;
}

// Exchanges until both have nothing to say: "connected", or why not.
std::string connect(TlsClient& client, Server& server) {
  for (int i = 0; i < 10; ++i) {
    const auto plain = client.open(server.exchange(client.take_output()));
    if (!plain) return std::string(plain.error().reason);
  }
  return "connected";
}

std::string connect(std::string_view host, std::string_view authorities, const Identity& shown,
                    int version = TLS1_3_VERSION) {
  auto client = TlsClient::create(host, authorities);
  if (!client) return std::string(client.error().reason);
  EXPECT_TRUE(client->seal(as_bytes("secret")));
  Server server(shown, version);
  const std::string outcome = connect(*client, server);
  EXPECT_EQ(server.heard, outcome == "connected" ? "secret" : "");
  return outcome;
}

TEST(TlsClient, TalksToWhomItTrusts) {
  EXPECT_EQ(connect("api.example", identity().pem, identity()), "connected");
  EXPECT_EQ(connect("127.0.0.1", identity().pem, identity()), "connected");
  EXPECT_EQ(connect("api.example", identity().pem, identity(), TLS1_2_VERSION), "connected");
}

TEST(TlsClient, SaysNothingToOthers) {
  EXPECT_EQ(connect("other.example", identity().pem, identity()), "tls.certificate");
  EXPECT_EQ(connect("127.0.0.2", identity().pem, identity()), "tls.certificate");
  EXPECT_EQ(connect("api.example", "", identity()), "tls.certificate");
  const Identity impostor = make_identity("DNS:api.example");
  EXPECT_EQ(connect("api.example", identity().pem, impostor), "tls.certificate");
  const Identity expired = make_identity("DNS:api.example", 1800);
  EXPECT_EQ(connect("api.example", expired.pem, expired), "tls.certificate");
  EXPECT_EQ(connect("api.example", identity().pem, identity(), TLS1_1_VERSION), "tls.failed");
}

TEST(TlsClient, SaysWhoItIs) {
  const Identity us = make_identity("DNS:us.example");
  const Identity other = make_identity("DNS:us.example");
  const auto as = [&](const std::optional<TlsIdentity>& who, int version) {
    auto client = TlsClient::create("api.example", identity().pem, who);
    EXPECT_TRUE(client->seal(as_bytes("secret")));
    Server server(identity(), version);
    server.admit_only(us);
    const std::string outcome = connect(*client, server);
    EXPECT_EQ(server.heard, outcome == "connected" ? "secret" : "");
    return outcome;
  };
  const auto ours = TlsIdentity::parse(us.pem + identity().pem, us.key_pem);
  ASSERT_TRUE(ours);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(as(*ours, version), "connected");
    EXPECT_EQ(as(std::nullopt, version), "tls.failed");
    EXPECT_EQ(as(*TlsIdentity::parse(other.pem, other.key_pem), version), "tls.failed");
  }
}

TEST(TlsIdentity, IsACertificateWithItsKey) {
  const Identity us = make_identity("DNS:us.example");
  const auto reason = [](std::string_view certificates, std::string_view key) {
    const auto parsed = TlsIdentity::parse(certificates, key);
    return parsed ? std::string() : parsed.error().to_string();
  };
  EXPECT_EQ(reason(us.pem, us.key_pem), "");
  EXPECT_TRUE(reason("", us.key_pem).contains("tls.identity: expected a certificate"));
  EXPECT_TRUE(
      reason(us.pem + "-----BEGIN CERTIFICATE-----\n", us.key_pem).contains("tls.identity"));
  EXPECT_TRUE(reason(us.pem, "").contains("tls.identity: expected a private key"));
  EXPECT_TRUE(reason(us.pem, identity().key_pem).contains("the key is not that of"));
}

TEST(TlsClient, HearsAllAndKnowsTheEnd) {
  auto client = TlsClient::create("api.example", identity().pem);
  ASSERT_TRUE(client);
  Server server(identity());
  ASSERT_EQ(connect(*client, server), "connected");
  const std::string long_text(100'000, 'x');
  const Bytes sealed = server.say(long_text);
  std::string heard;
  for (std::size_t at = 0; at < sealed.size(); at += 1000) {
    const auto plain =
        client->open(ByteView(sealed).subspan(at, std::min<std::size_t>(1000, sealed.size() - at)));
    ASSERT_TRUE(plain);
    heard += as_text(*plain);
    EXPECT_FALSE(client->ended());
  }
  EXPECT_EQ(heard, long_text);
  const auto last = client->open(server.say("bye", true));
  ASSERT_TRUE(last);
  EXPECT_EQ(as_text(*last), "bye");
  EXPECT_TRUE(client->ended());
}

TEST(TlsClient, NoBitOfARecordMayFlip) {
  auto client = TlsClient::create("api.example", identity().pem);
  ASSERT_TRUE(client);
  Server server(identity());
  ASSERT_EQ(connect(*client, server), "connected");
  Bytes sealed = server.say("hello");
  sealed.back() ^= 1;
  const auto plain = client->open(sealed);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().reason, "tls.failed");
  auto other = TlsClient::create("api.example", identity().pem);
  ASSERT_TRUE(other);
  const auto garbage = other->open(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().reason, "tls.failed");
}

TEST(TlsClient, NeedsAHostAndAuthorities) {
  EXPECT_EQ(connect("", identity().pem, identity()), "tls.host");
  EXPECT_EQ(connect(std::string_view("a\0b", 3), identity().pem, identity()), "tls.host");
  EXPECT_EQ(connect("api.example", "no certificate", identity()), "tls.authorities");
  EXPECT_EQ(
      connect("api.example", identity().pem + "-----BEGIN CERTIFICATE-----\nAA\n", identity()),
      "tls.authorities");
}

}  // namespace
}  // namespace atoma::crypto
