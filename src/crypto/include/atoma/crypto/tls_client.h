// The client's side of one TLS connection (1.2 or 1.3), without I/O: bytes go in and out by the
// caller's own socket.
//
//   ATOMA_TRY(auto tls, TlsClient::create("api.example", {}));
//   tls.seal(request);                     // from here on, or later
//   for (;;) { send(tls.take_output()); ATOMA_TRY(Bytes got, tls.open(receive())); … }
//
// The peer must show a certificate for the host by one of the trusted authorities. Nothing that is
// given to seal() leaves before it has. Own parts talk to each other with TLS 1.3 alone; this is
// for the services of others.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::crypto {

// Who this side is, for peers that ask: a certificate with its private key. Copies share it.
class TlsIdentity {
 public:
  // Both in PEM; the certificate first, then those that lead to an authority of the peer's.
  // Errors: "tls.identity" (no such thing in it, or the key is not the certificate's).
  static Result<TlsIdentity> parse(std::string_view certificates, std::string_view key);

 private:
  friend class TlsClient;
  struct Impl;
  explicit TlsIdentity(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

class TlsClient {
 public:
  // `host` is a name or an address. `authorities` is PEM; empty: those of the system. A peer that
  // wants an `identity` and gets none breaks off.
  // Errors: "tls.authorities", "tls.host".
  static Result<TlsClient> create(std::string_view host, std::string_view authorities,
                                  const std::optional<TlsIdentity>& identity = std::nullopt);
  TlsClient(TlsClient&&) noexcept;
  TlsClient& operator=(TlsClient&&) noexcept;
  ~TlsClient();

  // Takes plain text for the peer. Errors: "tls.failed".
  Status seal(ByteView plain);
  // Takes bytes of the peer's and gives what they say, or nothing yet.
  // Errors: "tls.certificate" (not trusted, not for this host, expired), "tls.failed".
  Result<Bytes> open(ByteView from_peer);
  // What must be sent next; may be empty.
  Bytes take_output();
  // The peer said that it has no more to say. A stream that ends without that may be cut short.
  bool ended() const;

 private:
  struct Impl;
  explicit TlsClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::crypto
