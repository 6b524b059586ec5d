// The commit queue in etcd. Keys below "<prefix>/":
//
//   batch/<first index, 16 hex digits>   a batch
//   head                                 size and root; its mod_revision is Head::revision
//   leader                               who leads, under a lease; its create_revision is the term
//   node/<name>                          how far that node has applied, 8 bytes
//
// A commit is one transaction: if head's mod_revision and leader's create_revision are these, put
// the batch and the next head. The first four sort so that one range reads a whole view.
#pragma once

#include <chrono>
#include <mutex>

#include "atoma/etcd/client.h"
#include "atoma/replica/queue.h"

namespace atoma::replica {

class EtcdQueue final : public CommitQueue {
 public:
  struct Options {
    std::string prefix;                 // of one log: two logs in one etcd never meet
    std::chrono::seconds lease_ttl{2};  // etcd raises it to 1.5 election timeouts
  };

  EtcdQueue(std::unique_ptr<const etcd::Store> store, Options options);

  Result<View> view(std::uint64_t from) override;
  Result<bool> found(const Head& head) override;
  Result<std::optional<std::uint64_t>> campaign(std::string_view node,
                                                std::string_view url) override;
  Result<bool> renew() override;
  void resign() override;
  Committed commit(const Batch& batch, std::uint64_t head_revision) override;
  Status report_applied(std::string_view node, std::uint64_t size) override;
  Result<Trimmed> trim(std::size_t nodes) override;

 private:
  std::string key(std::string_view name) const { return options_.prefix + "/" + std::string(name); }
  std::string batch_key(std::uint64_t first_index) const;
  std::uint64_t lease() const;
  Result<std::optional<Batch>> batch_with(std::uint64_t index) const;

  const std::unique_ptr<const etcd::Store> store_;
  const Options options_;
  mutable std::mutex mutex_;
  std::uint64_t lease_ = 0;  // of the lead; 0: none
};

}  // namespace atoma::replica
