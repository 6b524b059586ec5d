// Time, threads and processes of a simulated world. One step runs one thread until it waits, or
// moves time on to the next event. Which thread goes on is drawn; all else follows.
//
// A process that is killed goes on as a ghost: nothing of what it does reaches the world any more
// (whoever stands between asks alive()), its waits end at once, and it is run down to its end, so
// that production code unwinds as it would when it is closed.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/runtime/runtime.h"
#include "fiber.h"
#include "random.h"

namespace atoma::sim {

using runtime::Moment;
using Span = std::chrono::microseconds;
using namespace std::chrono_literals;

class Process;
class Scheduler;

struct Task {
  Task(Process& p, std::function<void()> body) : process(&p), fiber(std::move(body)) {}

  Process* process;
  Fiber fiber;
  bool ready = true;
  bool waking = false;             // ready in a moment
  std::uint64_t wait = 0;          // which of its waits it is in
  std::optional<Moment> deadline;  // of that
  std::vector<std::shared_ptr<Task>> joining;
};
using TaskPtr = std::shared_ptr<Task>;

class Scheduler {
 public:
  explicit Scheduler(Random& random) : random_(random) {}

  Random& random() { return random_; }
  Moment now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  void at(Moment when, std::function<void()> event);
  void after(Span time, std::function<void()> event) { at(now_ + time, std::move(event)); }
  // False when nothing will ever happen again.
  bool step();
  // Runs what is left of a dead process to its end.
  void run_down(Process& process);

  TaskPtr start(Process& process, std::function<void()> body);
  void wake(const TaskPtr& task);
  // Of the running task. Returns when it is woken or the moment has come.
  void wait(std::optional<Moment> until);
  TaskPtr running() const { return running_; }
  void remove(Process& process) { std::erase(processes_, &process); }
  void add(Process& process) { processes_.push_back(&process); }

  // Of making a woken thread wait some more, in millionths.
  std::uint64_t slow_thread = 0;

 private:
  void run(const TaskPtr& task);
  bool run_one_of(const std::vector<TaskPtr>& ready);

  Random& random_;
  Moment now_{std::chrono::hours(1000)};
  std::uint64_t steps_ = 0;
  std::map<std::pair<Moment, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t events_made_ = 0;
  std::vector<Process*> processes_;  // in the order of their making
  TaskPtr running_;
};

// A process of the simulated system: its threads, its clock, and whether it lives, is stopped
// (SIGSTOP) or dead.
class Process final : public runtime::Runtime {
 public:
  explicit Process(Scheduler& scheduler) : scheduler_(scheduler) { scheduler.add(*this); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() override;

  Moment now() const override;
  std::unique_ptr<Waiters> make_waiters() override;
  std::unique_ptr<Running> start(std::function<void()> body) override;

  bool alive() const { return alive_; }
  bool stopped() const { return stopped_; }
  void stop(bool stopped) { stopped_ = stopped; }
  void kill();
  // The running thread lets time pass; at once when the process is a ghost.
  void sleep(Span time) { wait_until(now() + time); }
  void wait_until(std::optional<Moment> moment);
  Scheduler& scheduler() { return scheduler_; }

  std::vector<TaskPtr> tasks;  // not ended

 private:
  Scheduler& scheduler_;
  bool alive_ = true;
  bool stopped_ = false;
  Moment ghost_now_;
};

// The wall clock of a world.
class SimClock final : public Clock {
 public:
  explicit SimClock(const Scheduler& scheduler) : scheduler_(scheduler) {}
  Time now() const override {
    const auto s =
        std::chrono::duration_cast<std::chrono::seconds>(scheduler_.now().time_since_epoch());
    return {1'700'000'000 + s.count()};
  }

 private:
  const Scheduler& scheduler_;
};

}  // namespace atoma::sim
