// A replica as a process that starts, runs and ends: production code from its log on disk to its
// publisher, in the world's terms. What its supervisor would do is here too: a process that can't
// start, or whose ledger stopped for a reason that a restart mends, is started again.
#pragma once

#include "atoma/registry/publisher.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/sequencer.h"
#include "atoma/replica/etcd_queue.h"
#include "atoma/replica/ledger.h"
#include "world.h"

namespace atoma::sim {

inline constexpr std::string_view kOrigin = "sim.example/log";
inline constexpr std::string_view kPrefix = "atoma/sim";
inline constexpr int kEtcdPlace = 1000;
inline constexpr int kWitnessPlace = 2000;

class Node {
 public:
  Node(World& world, int place);
  ~Node();

  void boot(bool found = false);
  // kill -9 or a power cut; from anywhere, its own threads included.
  void kill(bool power) { kill(power, Span(0)); }
  // As a service manager stops it.
  void shut_down();
  void pause(Span time);
  // The log is away, or an older copy of it is there, when it starts again after some time.
  void lose_log(Span time);
  void keep_copy() { copy_ = disk_->as_left(); }

  const std::string& name() const { return name_; }
  int place() const { return place_; }
  bool runs() const;  // and is not stopped
  bool leads() const;
  // "" or the reason that its ledger or publisher has for doing nothing more.
  std::string failure() const;
  // Neither that nor trouble that should pass by itself.
  bool is_content() const;
  bool is_settled(std::uint64_t size, bool published) const;
  std::string describe() const;
  // Nothing before its log is open. Valid until the next step.
  const registry::Registry* log() const;
  const registry::Publisher* publisher() const;
  replica::ReplicatedLedger* ledger() const;
  // Null where the log is not one of typed entries.
  registry::Sequencer* sequencer() const;
  void write(std::string text);
  // To its sequencer; answered while it lives.
  void submit(Bytes entry, std::function<void(const Result<registry::Submitted>&)> done);
  void write_own(ledger::Draft draft, std::function<void(const Result<ledger::Written>&)> done);
  // Each step: what it shows.
  void check();
  // Now and then: what a supervisor sees.
  void supervise();

  struct Life;

 private:
  // Down for this long; 0: drawn.
  void kill(bool power, Span time);
  Status open(Life& life, bool found);
  Status begin_log(Life& life);
  Status start_services(Life& life);
  void main(Life& life, bool found);
  std::vector<std::unique_ptr<replica::Peer>> peers(Life& life);
  registry::PublisherOptions publisher_options(Life& life);
  void bury();
  void reboot_after(Span time);
  void answered(const std::string& text, const Result<tlog::Receipt>& receipt);

  World& world_;
  const std::string name_;
  const int place_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Disk> copy_;  // of an earlier time
  std::unique_ptr<Life> life_;
  bool for_good_ = false;  // it stays down
  std::uint64_t last_size_ = 0;
};

}  // namespace atoma::sim
