#include "atoma/runtime/runtime.h"

#include <condition_variable>
#include <thread>

namespace atoma::runtime {
namespace {

class SystemWaiters final : public Runtime::Waiters {
 public:
  void wait(std::unique_lock<std::mutex>& lock) override { condition_.wait(lock); }
  void wait_until(std::unique_lock<std::mutex>& lock, Moment moment) override {
    condition_.wait_until(lock, moment);
  }
  void notify_all() override { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

class SystemThread final : public Runtime::Running {
 public:
  explicit SystemThread(std::function<void()> body) : thread_(std::move(body)) {}
  void join() override { thread_.join(); }

 private:
  std::thread thread_;
};

class SystemRuntime final : public Runtime {
 public:
  Moment now() const override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<Waiters> make_waiters() override { return std::make_unique<SystemWaiters>(); }
  std::unique_ptr<Running> start(std::function<void()> body) override {
    return std::make_unique<SystemThread>(std::move(body));
  }
};

}  // namespace

Runtime& system_runtime() {
  static SystemRuntime runtime;
  return runtime;
}

}  // namespace atoma::runtime
