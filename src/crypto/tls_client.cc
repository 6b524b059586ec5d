#include "atoma/crypto/tls_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using SslCtxPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;

constexpr std::size_t kPieceSize = 16 * 1024;  // a TLS record's plain text

std::string last_error() {
  const unsigned long error = ERR_peek_last_error();
  const char* const text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? "the peer broke off" : text;
}

// Each certificate of a PEM text; none unless it is certificates and no more.
std::vector<X509Ptr> read_certificates(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Ptr> out;
  for (;;) {
    X509Ptr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    out.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) out.clear();
  return out;
}

bool add_authorities(SSL_CTX* context, std::string_view pem) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  const auto certificates = read_certificates(pem);
  return !certificates.empty() && std::ranges::all_of(certificates, [&](const X509Ptr& one) {
    return X509_STORE_add_cert(store, one.get()) == 1;
  });
}

// No password is asked for at a terminal.
int no_password(char*, int, int, void*) { return -1; }

SslCtxPtr make_context(std::string_view authorities) {
  SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  ATOMA_CHECK(context != nullptr);
  ATOMA_CHECK(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  const bool trusted = authorities.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                                           : add_authorities(context.get(), authorities);
  if (!trusted) context.reset();
  return context;
}

// Who must be at the other end: an address is compared as one, and goes without SNI (RFC 6066 §3).
bool expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name is a macro with an old-style cast in it.
  std::string sni = host;
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni.data()) == 1;
}

}  // namespace

struct TlsIdentity::Impl {
  std::vector<X509Ptr> certificates;
  PkeyPtr key;
};

TlsIdentity::TlsIdentity(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<TlsIdentity> TlsIdentity::parse(std::string_view certificates, std::string_view key) {
  auto impl = std::make_shared<Impl>();
  impl->certificates = read_certificates(certificates);
  if (impl->certificates.empty()) {
    return malformed("tls.identity",
                     "expected a certificate in PEM, and what leads to its authority");
  }
  const BioPtr in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  impl->key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr));
  const bool fits =
      impl->key && X509_check_private_key(impl->certificates.front().get(), impl->key.get()) == 1;
  ERR_clear_error();
  if (!impl->key) return malformed("tls.identity", "expected a private key in PEM, not encrypted");
  if (!fits) return malformed("tls.identity", "the key is not that of the first certificate");
  return TlsIdentity(std::move(impl));
}

namespace {

template <typename Identity>
void identify(SSL* ssl, const Identity& identity) {
  ATOMA_CHECK(SSL_use_certificate(ssl, identity.certificates.front().get()) == 1);
  ATOMA_CHECK(SSL_use_PrivateKey(ssl, identity.key.get()) == 1);
  for (const X509Ptr& one : std::views::drop(identity.certificates, 1)) {
    // A macro with old-style casts in it: SSL_add1_chain_cert.
    ATOMA_CHECK(SSL_ctrl(ssl, SSL_CTRL_CHAIN_CERT, 1, one.get()) == 1);
  }
}

}  // namespace

struct TlsClient::Impl {
  SslCtxPtr context;
  SslPtr ssl;
  BIO* input = nullptr;   // owned by ssl
  BIO* output = nullptr;  // owned by ssl
  Bytes unsent;           // plain text that waits for the handshake
  bool ended = false;

  std::unexpected<Error> failed() const {
    const long verified = SSL_get_verify_result(ssl.get());
    const std::string why =
        verified == X509_V_OK ? last_error() : X509_verify_cert_error_string(verified);
    ERR_clear_error();
    if (verified != X509_V_OK) {
      return fail(Code::kUnauthenticated, "tls.certificate", "the peer's certificate: " + why);
    }
    return fail(Code::kUnavailable, "tls.failed", why);
  }

  // Goes on as far as what has come allows; true when the handshake is over.
  Result<bool> proceed() {
    if (SSL_is_init_finished(ssl.get()) == 0) {
      ERR_clear_error();
      const int done = SSL_do_handshake(ssl.get());
      if (done != 1) {
        if (SSL_get_error(ssl.get(), done) != SSL_ERROR_WANT_READ) return failed();
        return false;
      }
    }
    if (!unsent.empty()) {
      ERR_clear_error();
      std::size_t written = 0;
      // Memory takes everything at once.
      if (SSL_write_ex(ssl.get(), unsent.data(), unsent.size(), &written) != 1) return failed();
      unsent.clear();
    }
    return true;
  }
};

TlsClient::TlsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient& TlsClient::operator=(TlsClient&&) noexcept = default;
TlsClient::~TlsClient() = default;

Result<TlsClient> TlsClient::create(std::string_view host, std::string_view authorities,
                                    const std::optional<TlsIdentity>& identity) {
  auto impl = std::make_unique<Impl>();
  impl->context = make_context(authorities);
  if (!impl->context) {
    return malformed("tls.authorities", "expected certificates in PEM, and nothing else");
  }
  impl->ssl.reset(SSL_new(impl->context.get()));
  ATOMA_CHECK(impl->ssl != nullptr);
  if (identity) identify(impl->ssl.get(), *identity->impl_);
  impl->input = BIO_new(BIO_s_mem());
  impl->output = BIO_new(BIO_s_mem());
  ATOMA_CHECK(impl->input != nullptr && impl->output != nullptr);
  SSL_set_bio(impl->ssl.get(), impl->input, impl->output);
  const std::string name(host);
  if (name.empty() || name.contains('\0') || !expect_host(impl->ssl.get(), name)) {
    return malformed("tls.host", "\"" + name + "\" is no name that a certificate could be for");
  }
  SSL_set_connect_state(impl->ssl.get());
  ATOMA_TRY_VOID(impl->proceed());
  return TlsClient(std::move(impl));
}

Status TlsClient::seal(ByteView plain) {
  append(impl_->unsent, plain);
  ATOMA_TRY_VOID(impl_->proceed());
  return {};
}

Result<Bytes> TlsClient::open(ByteView from_peer) {
  if (!from_peer.empty()) {
    std::size_t taken = 0;
    ATOMA_CHECK(BIO_write_ex(impl_->input, from_peer.data(), from_peer.size(), &taken) == 1);
  }
  ATOMA_TRY(const bool connected, impl_->proceed());
  Bytes out;
  while (connected && !impl_->ended) {
    const std::size_t before = out.size();
    out.resize(before + kPieceSize);
    std::size_t got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(impl_->ssl.get(), out.data() + before, kPieceSize, &got);
    out.resize(before + got);
    if (done == 1) continue;
    const int why = SSL_get_error(impl_->ssl.get(), done);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why != SSL_ERROR_ZERO_RETURN) return impl_->failed();
    impl_->ended = true;
  }
  return out;
}

Bytes TlsClient::take_output() {
  Bytes out(BIO_ctrl_pending(impl_->output));
  std::size_t got = 0;
  if (!out.empty()) ATOMA_CHECK(BIO_read_ex(impl_->output, out.data(), out.size(), &got) == 1);
  out.resize(got);
  return out;
}

bool TlsClient::ended() const { return impl_->ended; }

}  // namespace atoma::crypto
