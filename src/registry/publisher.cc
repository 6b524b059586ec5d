#include "atoma/registry/publisher.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/merkle/proof.h"
#include "witness_client.h"

namespace atoma::registry {

using runtime::Moment;

namespace {

using std::chrono::milliseconds;
using tlog::SignedCheckpoint;

constexpr std::string_view kPublishedFile = "published";
constexpr std::string_view kHaltedFile = "halted";
constexpr std::size_t kHaltedMax = 4096;

// Policies without logs are for whoever knows the log from elsewhere, as we do.
Status check_log(const tlog::TlogPolicy& policy, const tlog::VerifierKey& key) {
  const auto mine = [&](const tlog::PolicyLog& log) {
    const auto* first = std::get_if<tlog::VerifierKey>(&log.key);
    return first != nullptr && *first == key;
  };
  if (policy.logs().empty() || std::ranges::any_of(policy.logs(), mine)) return {};
  return malformed("publisher.log", "none of the policy's logs is " + key.to_string());
}

bool is_halt(const Error& error) {
  return error.reason == "publisher.witness_ahead" || error.reason == "publisher.witness_fork";
}

}  // namespace

Result<std::optional<SignedCheckpoint>> load_published(store::FileSystem& files,
                                                       const store::Path& directory,
                                                       const tlog::VerifierKey& key) {
  const auto path = directory / kPublishedFile;
  ATOMA_TRY(const bool there, files.exists(path));
  if (!there) return std::nullopt;
  ATOMA_TRY(const Bytes note, store::read_file(files, path, limits::kNoteMax));
  return tlog::verify_checkpoint(as_text(note), key);
}

// Witnesses of one address: asked together, by one thread.
struct Asked {
  explicit Asked(WitnessClient c) : client(std::move(c)) {}

  WitnessClient client;                // its own thread's
  std::vector<std::size_t> witnesses;  // places in the policy
  bool done = false;                   // with the candidate
  bool tried = false;                  // at least once, with the candidate
  milliseconds backoff{0};
  Moment not_before;
};

struct Publisher::Impl {
  const tlog::Ledger& ledger;
  const tlog::TlogPolicy policy;
  const PublisherOptions options;
  const Clock& clock;

  mutable std::mutex mutex;  // over all that follows; never held while the ledger is asked
  runtime::Condition changed{*options.runtime};
  bool stopping = false;
  std::uint64_t wakes = 0;
  std::string halt;
  std::optional<SignedCheckpoint> candidate, shown;
  Moment since;                    // the candidate
  std::vector<std::string> lines;  // of the candidate, by witness; "" until it has cosigned
  std::vector<WitnessReport> reports;
  std::vector<std::unique_ptr<Asked>> asked;
  std::vector<runtime::Thread> threads;
  bool writing = false;       // somebody replaces the file of what is shown
  std::uint64_t written = 0;  // its size

  // A checkpoint that has its quorum, and who cosigned it when; "" and 0 for those that did not.
  struct Quorate {
    SignedCheckpoint checkpoint;
    std::vector<std::string> lines;
    std::vector<std::uint64_t> times;
  };

  Status prepare();
  Status load();
  void run(Asked& mine);
  bool choose(const SignedCheckpoint& latest);
  bool record(Asked& mine, const SignedCheckpoint& of,
              const Result<std::vector<std::string>>& answer);
  SignedCheckpoint compose(SignedCheckpoint next, const std::vector<std::string>& cosigned) const;
  bool show(std::unique_lock<std::mutex>& lock, SignedCheckpoint next);
  void stop_for(std::unique_lock<std::mutex>& lock, const Error& error);
  bool quorum() const { return quorum_of(lines); }
  bool quorum_of(const std::vector<std::string>& cosigned) const;
  void look_around();
  Result<std::optional<Quorate>> read_note(std::string_view note) const;
  Status check_ours(const tlog::Checkpoint& theirs) const;
  bool adopt(std::unique_lock<std::mutex>& lock, std::string_view note);
};

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() { stop(); }

Status Publisher::Impl::prepare() {
  ATOMA_TRY_VOID(check_log(policy, ledger.verifier_key()));
  lines.resize(policy.witnesses().size());
  const WitnessPost post = options.post ? options.post : http_witness_post(options.timeout);
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < policy.witnesses().size(); ++i) {
    const tlog::PolicyWitness& witness = policy.witnesses()[i];
    reports.push_back({.name = witness.name, .size = 0, .when = {}, .error = ""});
    if (witness.url.empty()) {
      return malformed("publisher.url", std::format("witness {} has no URL", witness.name));
    }
    if (!std::ranges::contains(urls, witness.url)) urls.push_back(witness.url);
  }
  for (const std::string& url : urls) {
    std::vector<std::size_t> places;
    std::vector<tlog::CosignerKey> keys;
    for (std::size_t i = 0; i < policy.witnesses().size(); ++i) {
      if (policy.witnesses()[i].url != url) continue;
      places.push_back(i);
      keys.push_back(policy.witnesses()[i].key);
    }
    ATOMA_TRY(auto client, WitnessClient::create(url, std::move(keys), post, options.committed));
    asked.push_back(std::make_unique<Asked>(std::move(client)));
    asked.back()->witnesses = std::move(places);
  }
  return {};
}

// What was shown before, if the policy still takes it; and whether it ended in a halt.
Status Publisher::Impl::load() {
  store::FileSystem& files = *options.files;
  ATOMA_TRY_VOID(files.make_directory(options.directory));
  const auto path = options.directory / kHaltedFile;
  ATOMA_TRY(const bool was_halted, files.exists(path));
  if (was_halted) {
    ATOMA_TRY(const Bytes why, store::read_file(files, path, kHaltedMax));
    halt = as_text(why);
  }
  ATOMA_TRY(auto mine, load_published(files, options.directory, ledger.verifier_key()));
  if (!mine) return {};
  const auto parsed = tlog::parse_note(mine->note);
  std::vector<bool> cosigned;
  for (const auto& witness : policy.witnesses()) {
    cosigned.push_back(tlog::verify_cosignature(*parsed, witness.key).has_value());
  }
  written = mine->checkpoint.size;
  if (policy.quorum(cosigned)) shown = *std::move(mine);
  return {};
}

Result<std::unique_ptr<Publisher>> Publisher::start(const tlog::Ledger& ledger,
                                                    tlog::TlogPolicy policy,
                                                    PublisherOptions options, const Clock& clock) {
  auto impl = std::make_unique<Impl>(ledger, std::move(policy), std::move(options), clock);
  ATOMA_TRY_VOID(impl->prepare());
  ATOMA_TRY_VOID(impl->load());
  Impl* const all = impl.get();
  if (!all->halt.empty()) {
    const Error error{Code::kDataLoss, "publisher.halted", all->halt};
    if (all->options.on_halt) all->options.on_halt(error);
    return std::unique_ptr<Publisher>(new Publisher(std::move(impl)));
  }
  if (!all->policy.needs_witnesses()) all->asked.clear();
  for (const auto& each : all->asked) {
    all->threads.emplace_back(*all->options.runtime, [all, mine = each.get()] { all->run(*mine); });
  }
  if (!all->asked.empty() && all->options.shown_elsewhere) {
    all->threads.emplace_back(*all->options.runtime, [all] { all->look_around(); });
  }
  return std::unique_ptr<Publisher>(new Publisher(std::move(impl)));
}

bool Publisher::Impl::quorum_of(const std::vector<std::string>& cosigned) const {
  std::vector<bool> places;
  for (const std::string& line : cosigned) places.push_back(!line.empty());
  return policy.quorum(places);
}

// The next candidate once this one has its quorum, or everybody has been asked for it in vain.
// True when there is one.
bool Publisher::Impl::choose(const SignedCheckpoint& latest) {
  const auto tried = [](const auto& each) { return each->tried; };
  const bool over = !candidate || quorum() || std::ranges::all_of(asked, tried);
  const bool newer = !candidate || latest.checkpoint.size > candidate->checkpoint.size;
  const bool old = options.runtime->now() - since > options.refresh;
  if (!over || (!newer && !old)) return false;
  candidate = latest;
  since = options.runtime->now();
  lines.assign(lines.size(), "");
  for (const auto& each : asked) each->done = each->tried = false;
  changed.notify_all();
  return true;
}

void Publisher::Impl::run(Asked& mine) {
  std::uint64_t seen = 0;
  while (true) {
    const SignedCheckpoint latest = ledger.latest_checkpoint();
    std::unique_lock lock(mutex);
    if (stopping || !halt.empty()) return;
    choose(latest);
    const auto now = options.runtime->now();
    if (mine.done || now < mine.not_before) {
      const auto until = mine.done ? now + options.refresh : mine.not_before;
      // A wake-up ends no backoff: a witness that is down is not asked at every commit.
      changed.wait_until(lock, until, [&] {
        return stopping || !halt.empty() || (mine.done ? wakes != seen : false) ||
               (!mine.done && options.runtime->now() >= mine.not_before);
      });
      seen = wakes;
      continue;
    }
    const SignedCheckpoint of = *candidate;
    lock.unlock();
    const auto answer = mine.client.cosign(of, ledger);
    lock.lock();
    if (record(mine, of, answer)) (void)show(lock, compose(*candidate, lines));
    if (!answer && is_halt(answer.error())) return stop_for(lock, answer.error());
  }
}

// True when the candidate can be shown.
bool Publisher::Impl::record(Asked& mine, const SignedCheckpoint& of,
                             const Result<std::vector<std::string>>& answer) {
  const bool current = candidate->checkpoint.size == of.checkpoint.size;
  if (current) mine.tried = true;
  for (const std::size_t place : mine.witnesses) {
    reports[place].error = answer ? "" : std::string(answer.error().reason);
  }
  if (!answer) {
    // Nothing is wrong with a witness that another replica was faster to ask.
    const bool overtaken = answer.error().reason == "publisher.witness_newer";
    mine.backoff = overtaken
                       ? options.backoff_min
                       : std::clamp(mine.backoff * 2, options.backoff_min, options.backoff_max);
    mine.not_before = options.runtime->now() + mine.backoff;
    ++wakes;  // the others may go on to the next candidate
    changed.notify_all();
    return false;
  }
  mine.backoff = milliseconds(0);
  for (std::size_t i = 0; i < mine.witnesses.size(); ++i) {
    const std::size_t place = mine.witnesses[i];
    reports[place].size = of.checkpoint.size;
    reports[place].when = clock.now();
    if (current) lines[place] = (*answer)[i];
  }
  if (!current) return false;
  mine.done = true;
  return quorum();
}

SignedCheckpoint Publisher::Impl::compose(SignedCheckpoint next,
                                          const std::vector<std::string>& cosigned) const {
  if (options.ml_dsa) {
    const auto line = options.ml_dsa->sign(tlog::encode_checkpoint(next.checkpoint), 0);
    if (line) next.note += *line;
  }
  for (const std::string& line : cosigned) next.note += line;
  return next;
}

// With all that came for it. Nobody sees what is not durable. The lock is given up for the disk,
// because wake() wants it. False when nothing came of it.
bool Publisher::Impl::show(std::unique_lock<std::mutex>& lock, SignedCheckpoint next) {
  const std::uint64_t size = next.checkpoint.size;
  ++wakes;
  changed.notify_all();
  changed.wait(lock, [this] { return !writing; });
  if (size < written) return false;
  writing = true;
  lock.unlock();
  const Status durable =
      store::replace_file(*options.files, options.directory / kPublishedFile, as_bytes(next.note));
  lock.lock();
  writing = false;
  changed.notify_all();
  if (!durable) return false;
  written = size;
  shown = std::move(next);
  return true;
}

// Takes over what other replicas show, while this one has more than it shows.
void Publisher::Impl::look_around() {
  std::vector<std::string> before;  // what was ahead of this replica then may not be so now
  while (true) {
    const std::uint64_t latest = ledger.latest_checkpoint().checkpoint.size;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, options.look_around, [this] { return stopping || !halt.empty(); });
    if (stopping || !halt.empty()) return;
    if (shown && shown->checkpoint.size >= latest) continue;
    lock.unlock();
    std::vector<std::string> now = options.shown_elsewhere();
    lock.lock();
    for (const auto* notes : {&before, &now}) {
      for (const std::string& note : *notes) {
        if (stopping || !halt.empty() || !adopt(lock, note)) return;
      }
    }
    before = std::move(now);
  }
}

// Nothing when it lacks the quorum. What its lines are beyond ours and the policy's is left behind.
Result<std::optional<Publisher::Impl::Quorate>> Publisher::Impl::read_note(
    std::string_view note) const {
  const tlog::VerifierKey& key = ledger.verifier_key();
  ATOMA_TRY(SignedCheckpoint good, tlog::verify_checkpoint(note, key));
  Quorate out{.checkpoint = std::move(good), .lines = {}, .times = {}};
  ATOMA_TRY(const tlog::Note parsed, tlog::parse_note(note));
  for (const auto& witness : policy.witnesses()) {
    const auto when = tlog::verify_cosignature(parsed, witness.key);
    out.times.push_back(when.value_or(0));
    out.lines.push_back(when ? line_by(parsed, witness.key.name(), witness.key.key_id()) : "");
  }
  if (!quorum_of(out.lines)) return std::nullopt;
  out.checkpoint.note = parsed.text + "\n" + line_by(parsed, key.name(), key.key_id());
  return out;
}

// The log's own key and a quorum have signed it: if it is not of this tree, there are two.
Status Publisher::Impl::check_ours(const tlog::Checkpoint& theirs) const {
  const tlog::Checkpoint latest = ledger.latest_checkpoint().checkpoint;
  ATOMA_TRY(const auto proof, ledger.prove_consistency(theirs.size, latest.size));
  if (merkle::verify_consistency(theirs.size, latest.size, proof, theirs.root, latest.root)) {
    return {};
  }
  return fail(Code::kDataLoss, "publisher.witness_fork",
              std::format("another replica shows another tree at size {}", theirs.size));
}

// False when all is halted.
bool Publisher::Impl::adopt(std::unique_lock<std::mutex>& lock, std::string_view note) {
  const std::uint64_t shows = shown ? shown->checkpoint.size : 0;
  lock.unlock();
  auto read = read_note(note);
  const bool newer = read && *read && (*read)->checkpoint.checkpoint.size > shows;
  // More than this replica has: it will have it, and then there is something newer to ask for.
  const bool here =
      newer && (*read)->checkpoint.checkpoint.size <= ledger.latest_checkpoint().checkpoint.size;
  const Status ours = here ? check_ours((*read)->checkpoint.checkpoint) : Status();
  lock.lock();
  if (!ours && is_halt(ours.error())) {
    stop_for(lock, ours.error());
    return false;
  }
  if (!here || !ours) return true;
  const Quorate& taken = **read;
  const std::uint64_t size = taken.checkpoint.checkpoint.size;
  if (!show(lock, compose(taken.checkpoint, taken.lines))) return true;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (taken.lines[i].empty() || reports[i].size >= size) continue;
    reports[i].size = size;
    reports[i].when = Time{static_cast<std::int64_t>(taken.times[i])};
  }
  return true;
}

void Publisher::Impl::stop_for(std::unique_lock<std::mutex>& lock, const Error& error) {
  if (!halt.empty()) return;
  halt = error.to_string();
  changed.notify_all();
  lock.unlock();
  // Told to the log even where the file can't be written.
  (void)store::replace_file(*options.files, options.directory / kHaltedFile,
                            as_bytes(error.to_string()));
  if (options.on_halt) options.on_halt(error);
}

void Publisher::wake() {
  {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->wakes;
  }
  impl_->changed.notify_all();
}

Result<SignedCheckpoint> Publisher::published() const {
  if (!impl_->policy.needs_witnesses()) {
    SignedCheckpoint latest = impl_->ledger.latest_checkpoint();
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->shown || latest.checkpoint.size > impl_->shown->checkpoint.size) {
      impl_->shown = impl_->compose(std::move(latest), {});
    }
  }
  const std::lock_guard lock(impl_->mutex);
  if (impl_->shown) return *impl_->shown;
  return fail(Code::kUnavailable, "publisher.unwitnessed",
              "no checkpoint has the cosignatures yet that the policy of witnesses needs");
}

std::string Publisher::halted() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->halt;
}

std::vector<WitnessReport> Publisher::reports() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->reports;
}

void Publisher::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

}  // namespace atoma::registry
