#include "atoma/batch_ecdsa/batch_verifier.h"

#include <vector>

#include "key_tables.h"
#include "lane_input.h"
#include "loaded_kernel.h"

namespace atoma::batch_ecdsa {
namespace {

using crypto::Curve;

// From so many lanes on a group is faster than OpenSSL one by one (docs/BATCH_ECDSA.md).
template <typename C>
constexpr std::size_t kLanesWorthwhile = 3;
template <>
constexpr std::size_t kLanesWorthwhile<P384> = 2;

bool has_right_lengths(const Job& job) {
  const std::size_t size = crypto::coordinate_size(job.curve);
  return job.public_xy.size() == 2 * size && job.digest.size() == size &&
         job.signature.size() == 2 * size;
}

bool verify_alone(const Job& job) {
  auto key = crypto::EcPublicKey::create(job.curve, job.public_xy);
  return key && key->verify_digest(job.digest, job.signature);
}

struct Item {
  Job* job;
  const std::uint64_t* table;  // null: none
};

template <typename C>
struct Queue {
  std::vector<Item> with_table, without;
  std::unique_ptr<Group<C::kLimbs>[]> groups = std::make_unique<Group<C::kLimbs>[]>(kGroupsMax);
  std::vector<std::span<const Item>> parts;  // the items of each group
};

}  // namespace

struct BatchVerifier::Impl {
  Backend backend;
  const LoadedKernel* kernel;
  KeyTables tables;
  Stats stats;
  Queue<P256> p256;
  Queue<P384> p384;

  void enqueue(Job& job);
  void alone(Job& job);
  template <typename C>
  void work_off(Queue<C>& queue);
  template <typename C>
  void add_groups(Queue<C>& queue, std::span<const Item> items);
  template <typename C>
  void run(Queue<C>& queue);
  void count(std::span<Job> jobs);
};

void BatchVerifier::Impl::alone(Job& job) { job.valid = verify_alone(job); }

void BatchVerifier::Impl::enqueue(Job& job) {
  job.valid = false;
  if (!has_right_lengths(job)) return;
  const auto* table = tables.find(job.curve, job.public_xy);
  const Item item{&job, table == nullptr ? nullptr : table->data()};
  const auto push = [&](auto& queue) {
    (item.table == nullptr ? queue.without : queue.with_table).push_back(item);
  };
  if (table != nullptr) ++stats.table_hits;
  if (job.curve == Curve::kP256) {
    push(p256);
  } else {
    push(p384);
  }
}

// Runs what is waiting. Full groups are of one kind; what is left of both goes together into one
// group without tables if it fits.
template <typename C>
void BatchVerifier::Impl::work_off(Queue<C>& queue) {
  const std::size_t rest = queue.with_table.size() % kLanes;
  if (rest != 0 && queue.without.size() % kLanes != 0 &&
      rest + queue.without.size() % kLanes <= kLanes) {
    queue.without.insert(queue.without.end(), queue.with_table.end() - rest,
                         queue.with_table.end());
    queue.with_table.resize(queue.with_table.size() - rest);
  }
  add_groups(queue, queue.with_table);
  add_groups(queue, queue.without);
  run(queue);
  queue.with_table.clear();
  queue.without.clear();
}

template <typename C>
void BatchVerifier::Impl::add_groups(Queue<C>& queue, std::span<const Item> items) {
  while (!items.empty()) {
    const auto part = items.first(std::min<std::size_t>(items.size(), kLanes));
    items = items.subspan(part.size());
    if (part.size() < kLanesWorthwhile<C>) {
      stats.one_by_one += part.size();
      for (const Item& item : part) alone(*item.job);
      continue;
    }
    queue.parts.push_back(part);
    if (queue.parts.size() == kGroupsMax) run(queue);
  }
}

template <typename C>
void BatchVerifier::Impl::run(Queue<C>& queue) {
  const auto& curve = kernel->of<C>();
  const std::size_t count = queue.parts.size();
  if (count == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = queue.parts[i];
    auto& group = queue.groups[i] = {};
    group.with_tables = std::ranges::all_of(part, [](const Item& item) { return item.table; });
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Item& item = part[std::min(lane, part.size() - 1)];
      group.tables[lane] = item.table;
      if (lane >= part.size()) continue;
      fill_lane<C>(group, static_cast<int>(lane), item.job->public_xy, item.job->digest,
                   item.job->signature);
    }
    stats.lanes_filled += part.size();
    stats.lanes_run += kLanes;
  }
  curve.kernel->verify(queue.groups.get(), count, curve.generator_table.data());
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = queue.parts[i];
    for (std::size_t lane = 0; lane < part.size(); ++lane) {
      Job& job = *part[lane].job;
      job.valid = (queue.groups[i].valid >> lane & 1) != 0;
      if ((queue.groups[i].undecided >> lane & 1) == 0) continue;
      ++stats.undecided;
      alone(job);
    }
  }
  queue.parts.clear();
}

// At most one table for each call, so that no call takes long.
void BatchVerifier::Impl::count(std::span<Job> jobs) {
  const Job* earned = nullptr;
  for (const Job& job : jobs) {
    if (job.valid && tables.count(job.curve, job.public_xy)) earned = &job;
  }
  if (earned == nullptr) return;
  const auto make = [&]<typename C>(const CurveBackend<C>& curve) {
    KeyTables::Table table(table_words<C>(kKeyWindow));
    std::vector<std::uint64_t> scratch(table_scratch_words<C>(kKeyWindow));
    std::uint64_t xy[2 * C::kLimbs];
    const std::size_t size = C::kBits / 8;
    std::ranges::copy(limbs_of<C>(earned->public_xy.first(size)).v, xy);
    std::ranges::copy(limbs_of<C>(earned->public_xy.last(size)).v, xy + C::kLimbs);
    curve.kernel->make_table(xy, kKeyWindow, table.data(), scratch.data());
    tables.keep(earned->curve, earned->public_xy, std::move(table));
    ++stats.tables_made;
  };
  if (earned->curve == Curve::kP256) {
    make(kernel->p256);
  } else {
    make(kernel->p384);
  }
}

BatchVerifier::BatchVerifier(Backend backend, KeyTableLimits limits)
    : impl_(new Impl{.backend = usable(backend) ? backend : Backend::kOpenSsl,
                     .kernel = loaded(backend),
                     .tables = KeyTables(limits),
                     .stats = {},
                     .p256 = {},
                     .p384 = {}}) {}
BatchVerifier::BatchVerifier(BatchVerifier&&) noexcept = default;
BatchVerifier& BatchVerifier::operator=(BatchVerifier&&) noexcept = default;
BatchVerifier::~BatchVerifier() = default;

void BatchVerifier::verify(std::span<Job> jobs) {
  if (impl_->kernel == nullptr) {
    for (Job& job : jobs) impl_->alone(job);
    impl_->stats.one_by_one += jobs.size();
    return;
  }
  for (Job& job : jobs) impl_->enqueue(job);
  impl_->work_off(impl_->p256);
  impl_->work_off(impl_->p384);
  impl_->count(jobs);
}

Backend BatchVerifier::backend() const { return impl_->backend; }
const Stats& BatchVerifier::stats() const { return impl_->stats; }
std::size_t BatchVerifier::tables() const { return impl_->tables.tables(); }

}  // namespace atoma::batch_ecdsa
