// What the commands of `atoma anchor` share: a log's rules and place on a chain, what is anchored
// there, and whether the log still has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "anchor_log.h"
#include "atoma/anchor/signed_head.h"
#include "atoma/wire/json_writer.h"
#include "chain_node.h"
#include "command.h"

namespace atoma::app {

struct AnchorOptions {
  std::string server = "http://127.0.0.1:8470";
  std::string log_key, data;
  std::string rules, rpc, contract, payer, issuer;
  std::vector<std::string> keys, signatures;
  std::vector<std::string> logs;                    // of who reports
  std::string log, state, checkpoint, policy, out;  // of who signs
  std::uint64_t chain_id = 0;
  std::uint64_t fee_max_gwei = 500;
  std::uint32_t wait_s = 180;

  SendLimits limits() const { return {fee_max_gwei, std::chrono::seconds(wait_s)}; }
};

// A log in a contract; nobody needs to be asked for it.
struct AnchorPlace {
  anchor::Rules rules;
  anchor::Place place;
};

struct Anchoring {
  anchor::Rules rules;
  anchor::Place place;
  ChainNode node;
};

// What is anchored, once the log is known to begin with it; with the proof of its growth.
struct Standing {
  anchor::AnchoredHead anchored;
  merkle::Proof growth;
};

// A private key as a file for its owner alone: 64 hex digits, with 0x or without. Errors:
// "anchor.key", those of server::read_secret_file and from_scalar.
Result<crypto::Secp256k1PrivateKey> load_chain_key(const std::string& path);

// Errors: those of files, anchor::parse_rules and parse_address, and ChainNode::open.
Result<AnchorPlace> open_place(const AnchorOptions& options);
Result<Anchoring> open_anchoring(const AnchorOptions& options);

// Errors: "anchor.origin" when the rules are another log's.
Status check_origin(const anchor::Rules& rules, const std::string& origin);
// Errors: also those of AnchorLog.
RemoteResult<AnchorLog> open_anchor_log(const AnchorOptions& options, const anchor::Rules& rules);

// Errors: "anchor.frozen" (with the two heads, where the node still has the event), those of
// ChainNode.
Result<anchor::AnchoredHead> ask_head(const Anchoring& anchoring);
// "5 entries under X= and 7 under Y= can't both be this log's".
std::string contradiction(const anchor::Head& a, const anchor::Head& b);

// A file of signatures, each of which holds at this place. Errors: those of files and, with the
// file's name, of anchor::parse_signed_head and verify_signatures.
Result<anchor::SignedHead> load_signed_head(const std::string& path, const anchor::Place& place);
// Signatures of those who are in office now: a signer may have left it. Errors: those of ChainNode
// and anchor::quorum_of.
Result<Bytes> quorum_in_office(const Anchoring& anchoring, const anchor::SignedHead& head);

// That the log has what is anchored, and this head, which grew from it. Errors: those of ask_head;
// "anchor.ahead" (the log has less than either), "anchor.stale" (more is anchored than this head),
// "anchor.fork".
RemoteResult<Standing> compare(const Anchoring& anchoring, const AnchorLog& log,
                               const anchor::Head& head);

// Members that every answer begins with; the object stays open.
void print_place(wire::JsonWriter& out, const anchor::Rules& rules, const anchor::Place& place);
void print_head(wire::JsonWriter& out, std::string_view name, const anchor::Head& head);

int anchor_exit_code(const Error& error);

RemoteResult<std::string> sign_anchor(const Context& context, const AnchorOptions& options);
RemoteResult<std::string> post_anchor(const Context& context, const AnchorOptions& options);
RemoteResult<std::string> report_anchor(const Context& context, const AnchorOptions& options);

}  // namespace atoma::app
