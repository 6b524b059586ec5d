// How services run and wait: threads, conditions and the steady clock, as an interface. The system
// is one implementation; the other is sim/, which runs all threads of all nodes on one and lets a
// seed decide which goes on, and how time passes.
//
//   runtime::Condition changed(runtime);
//   runtime::Thread writer(runtime, [this] { write_loop(); });
//   std::unique_lock lock(mutex);
//   changed.wait_until(lock, runtime.now() + 20ms, [&] { return !queue.empty(); });
//
// The rule for code that takes a Runtime: no std::mutex is held while it waits, but the one that a
// Condition gives back, nor while it writes to a disk or asks another process. Mutexes then keep
// what they guard consistent and are held for moments alone, so that they need no interface.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace atoma::runtime {

using Moment = std::chrono::steady_clock::time_point;

class Runtime {
 public:
  class Waiters {
   public:
    virtual ~Waiters() = default;
    // Gives the lock back while it waits; may return without reason.
    virtual void wait(std::unique_lock<std::mutex>& lock) = 0;
    virtual void wait_until(std::unique_lock<std::mutex>& lock, Moment moment) = 0;
    virtual void notify_all() = 0;
  };
  class Running {
   public:
    virtual ~Running() = default;
    virtual void join() = 0;  // once, before it is destroyed
  };

  virtual ~Runtime() = default;
  virtual Moment now() const = 0;
  virtual std::unique_ptr<Waiters> make_waiters() = 0;
  virtual std::unique_ptr<Running> start(std::function<void()> body) = 0;
};

// Threads of the system.
Runtime& system_runtime();

// As std::condition_variable. The runtime outlives it.
class Condition {
 public:
  explicit Condition(Runtime& runtime) : runtime_(&runtime), waiters_(runtime.make_waiters()) {}

  void notify_all() { waiters_->notify_all(); }
  template <typename Done>
  void wait(std::unique_lock<std::mutex>& lock, Done done) {
    while (!done()) waiters_->wait(lock);
  }
  // What `done` says at the end.
  template <typename Done>
  bool wait_until(std::unique_lock<std::mutex>& lock, Moment moment, Done done) {
    while (!done()) {
      if (runtime_->now() >= moment) return false;
      waiters_->wait_until(lock, moment);
    }
    return true;
  }
  template <typename Done>
  bool wait_for(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds time, Done done) {
    return wait_until(lock, runtime_->now() + time, std::move(done));
  }

 private:
  Runtime* runtime_;
  std::unique_ptr<Runtime::Waiters> waiters_;
};

// Joined before it is destroyed, or by that.
class Thread {
 public:
  Thread() = default;
  Thread(Runtime& runtime, std::function<void()> body) : running_(runtime.start(std::move(body))) {}
  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&& other) noexcept {
    join();
    running_ = std::move(other.running_);
    return *this;
  }
  ~Thread() { join(); }

  void join() {
    if (running_) running_->join();
    running_.reset();
  }

 private:
  std::unique_ptr<Runtime::Running> running_;
};

}  // namespace atoma::runtime
