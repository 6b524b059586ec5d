// A rotation replaces the key of a label: open, join, commit (the roster's quorum signs the new
// key), activate, acknowledge, close; or abort before it is active. One at a time for each label.
#include <format>

#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

constexpr std::size_t kRosterMax = 192;  // whose signatures are one entry
constexpr std::size_t kKeyMax = 2592;
constexpr std::size_t kSignatureMax = 4627;  // ML-DSA-87
constexpr std::string_view kCommitContext = "atoma-rotation-commit/1";

std::unexpected<Error> no(std::string message) {
  return fail(Code::kFailedPrecondition, "rule.rotation", std::move(message));
}

Rotation& rotation_of(State& state, const LabelName& name) {
  return *State::Parts::label(state, name).rotation;
}

// {1: index of rotation.open}, and the label's rotation that it must be.
Result<const Rotation*> named_rotation(const Candidate& candidate, Fields& fields) {
  ATOMA_TRY(const FieldValue field, fields.need(1));
  ATOMA_TRY(const std::uint64_t index, field.number());
  const LabelState* label = candidate.label();
  if (label == nullptr || !label->rotation || label->rotation->opened_at != index) {
    return no(std::format("this label has no open rotation that began at {}", index));
  }
  return &*label->rotation;
}

Result<const Rotation*> only_named(const Candidate& candidate, const char* type) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, type));
  ATOMA_TRY(const Rotation* rotation, named_rotation(candidate, fields));
  ATOMA_TRY_VOID(fields.end());
  return rotation;
}

// Of the key ids in their order.
Hash root_of(const std::set<KeyId>& roster) {
  merkle::Frontier tree;
  for (const KeyId& id : roster) tree.append(merkle::leaf_hash(id));
  return tree.root();
}

Status in_roster(const Candidate& candidate, const Rotation& rotation) {
  if (rotation.roster.contains(candidate.entry.issuer)) return {};
  return fail(Code::kPermissionDenied, "rule.role",
              std::format("{} is not in the roster of this rotation", candidate.issuer.name));
}

}  // namespace

Bytes rotation_commit_message(const LabelName& label, std::uint64_t epoch, std::int64_t algorithm,
                              ByteView public_key, const Hash& roster_root) {
  wire::CborWriter out;
  out.begin_array().value(kCommitContext).value(label.space).value(label.label).value(epoch);
  out.value(algorithm).bytes(public_key).bytes(roster_root).end_array();
  return out.take();
}

// {1: old epoch, 2: [key id…] of nodes, 3: quorum, 4: deadline of the acknowledgements}
Result<Effect> check_rotation_open(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "rotation.open"));
  ATOMA_TRY(const FieldValue old_epoch, fields.need(1));
  ATOMA_TRY(const std::uint64_t epoch, old_epoch.number());
  ATOMA_TRY(const FieldValue members, fields.need(2));
  ATOMA_TRY(const auto list, members.array(kRosterMax));
  Rotation made{.opened_at = candidate.index, .epoch = epoch + 1};
  for (const FieldValue& item : list) {
    ATOMA_TRY(const KeyId id, item.digest());
    const Issuer* node = candidate.state.issuer(id);
    if (node == nullptr || !node->roles.contains(Role::kNode)) {
      return item.wrong("the key id of a registered node");
    }
    if (!made.roster.insert(id).second) return item.wrong("each node once");
  }
  ATOMA_TRY(const FieldValue quorum, fields.need(3));
  ATOMA_TRY(made.quorum, quorum.number());
  if (made.quorum == 0 || made.quorum > made.roster.size()) {
    return quorum.wrong("1 to as many as are in the roster");
  }
  ATOMA_TRY(const FieldValue deadline, fields.need(4));
  ATOMA_TRY(made.deadline, deadline.time());
  ATOMA_TRY_VOID(fields.end());
  const LabelState* label = candidate.label();
  if (label == nullptr || label->epoch != epoch) {
    return fail(Code::kFailedPrecondition, "rule.epoch",
                std::format("the label's key has epoch {}, not {}",
                            label != nullptr ? label->epoch : 0, epoch));
  }
  if (label->rotation) {
    return no(std::format("the rotation that began at {} is open", label->rotation->opened_at));
  }
  made.roster_root = root_of(made.roster);
  return [name = candidate.statement().label, made = std::move(made)](State& state) mutable {
    State::Parts::label(state, name).rotation = std::move(made);
  };
}

// {1: rotation}
Result<Effect> check_rotation_join(const Candidate& candidate) {
  ATOMA_TRY(const Rotation* rotation, only_named(candidate, "rotation.join"));
  ATOMA_TRY_VOID(in_roster(candidate, *rotation));
  if (rotation->joined.contains(candidate.entry.issuer)) return no("this node has joined");
  return [name = candidate.statement().label, id = candidate.entry.issuer](State& state) {
    rotation_of(state, name).joined.insert(id);
  };
}

// {1: rotation, 2: COSE algorithm or other number, 3: new public key, 4: [[key id, signature]…]}
Result<Effect> check_rotation_commit(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "rotation.commit"));
  ATOMA_TRY(const Rotation* rotation, named_rotation(candidate, fields));
  ATOMA_TRY(const FieldValue algorithm, fields.need(2));
  const auto number = algorithm.item().integer();
  if (!number) return algorithm.wrong("a number");
  ATOMA_TRY(const FieldValue key, fields.need(3));
  ATOMA_TRY(const Bytes raw, key.bytes(32, kKeyMax));
  ATOMA_TRY(const FieldValue signatures, fields.need(4));
  ATOMA_TRY(const auto list, signatures.array(kRosterMax));
  ATOMA_TRY_VOID(fields.end());
  if (rotation->new_key) return no("the new key is committed already");
  const Bytes message = rotation_commit_message(candidate.statement().label, rotation->epoch,
                                                *number, raw, rotation->roster_root);
  std::set<KeyId> signers;
  for (const FieldValue& item : list) {
    ATOMA_TRY(const auto pair, item.array(2));
    if (pair.size() != 2) return item.wrong("[key id, signature]");
    ATOMA_TRY(const KeyId id, pair[0].digest());
    ATOMA_TRY(const Bytes signature, pair[1].bytes(1, kSignatureMax));
    const Issuer* signer = candidate.state.issuer(id);
    if (!rotation->joined.contains(id) || signer == nullptr) {
      return no(std::format("signature {} is by nobody who has joined", signers.size()));
    }
    ATOMA_TRY(auto signer_key,
              read_public_key(static_cast<std::int64_t>(signer->algorithm), signer->public_key));
    if (!signer_key.verify(message, signature)) {
      return fail(Code::kPermissionDenied, "rule.signature",
                  std::format("{} did not sign this key", signer->name));
    }
    if (!signers.insert(id).second) return item.wrong("one signature of each node");
  }
  if (signers.size() < rotation->quorum) {
    return no(
        std::format("{} of the roster have signed; it needs {}", signers.size(), rotation->quorum));
  }
  return [name = candidate.statement().label, raw](State& state) {
    rotation_of(state, name).new_key = raw;
  };
}

// {1: rotation}
Result<Effect> check_rotation_activate(const Candidate& candidate) {
  ATOMA_TRY(const Rotation* rotation, only_named(candidate, "rotation.activate"));
  if (!rotation->new_key) return no("nothing is committed yet");
  if (rotation->active) return no("the new key is active already");
  return [name = candidate.statement().label](State& state) {
    rotation_of(state, name).active = true;
    State::Parts::label(state, name).epoch = rotation_of(state, name).epoch;
  };
}

// {1: rotation}: this node uses the new key.
Result<Effect> check_rotation_ack(const Candidate& candidate) {
  ATOMA_TRY(const Rotation* rotation, only_named(candidate, "rotation.ack"));
  ATOMA_TRY_VOID(in_roster(candidate, *rotation));
  if (!rotation->active) return no("the new key is not active yet");
  if (rotation->acknowledged.contains(candidate.entry.issuer)) {
    return no("this node has acknowledged");
  }
  return [name = candidate.statement().label, id = candidate.entry.issuer](State& state) {
    rotation_of(state, name).acknowledged.insert(id);
  };
}

// {1: rotation}: the old key is retired.
Result<Effect> check_rotation_close(const Candidate& candidate) {
  ATOMA_TRY(const Rotation* rotation, only_named(candidate, "rotation.close"));
  if (!rotation->active) return no("the new key is not active yet");
  const bool all = rotation->acknowledged.size() == rotation->roster.size();
  if (!all && candidate.state.time() < rotation->deadline) {
    return no(std::format("{} of {} have acknowledged, and the deadline is {}",
                          rotation->acknowledged.size(), rotation->roster.size(),
                          format_time(rotation->deadline)));
  }
  return [name = candidate.statement().label](State& state) {
    State::Parts::label(state, name).rotation.reset();
  };
}

// {1: rotation}
Result<Effect> check_rotation_abort(const Candidate& candidate) {
  ATOMA_TRY(const Rotation* rotation, only_named(candidate, "rotation.abort"));
  if (rotation->active) return no("the new key is active: it can be closed, not aborted");
  return [name = candidate.statement().label](State& state) {
    State::Parts::label(state, name).rotation.reset();
  };
}

}  // namespace atoma::ledger
