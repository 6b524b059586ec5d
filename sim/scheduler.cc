#include "scheduler.h"

#include <algorithm>

namespace atoma::sim {
namespace {

constexpr auto kSlowMax = 40'000u;  // microseconds that a slow thread takes to go on

constexpr std::uint64_t kGhostStepsMax = 200'000;

class SimWaiters final : public runtime::Runtime::Waiters {
 public:
  explicit SimWaiters(Process& process) : process_(process) {}

  void wait(std::unique_lock<std::mutex>& lock) override { wait_for(lock, std::nullopt); }
  void wait_until(std::unique_lock<std::mutex>& lock, Moment moment) override {
    wait_for(lock, moment);
  }
  void notify_all() override {
    for (const TaskPtr& task : std::exchange(waiting_, {})) process_.scheduler().wake(task);
  }

 private:
  void wait_for(std::unique_lock<std::mutex>& lock, std::optional<Moment> moment) {
    const TaskPtr self = process_.scheduler().running();
    ATOMA_CHECK(self && self->process == &process_);
    waiting_.push_back(self);
    lock.unlock();
    process_.wait_until(moment);
    std::erase(waiting_, self);
    lock.lock();
  }

  Process& process_;
  std::vector<TaskPtr> waiting_;
};

class SimThread final : public runtime::Runtime::Running {
 public:
  explicit SimThread(TaskPtr task) : task_(std::move(task)) {}
  void join() override {
    Process& process = *task_->process;
    while (!task_->fiber.ended()) {
      task_->joining.push_back(process.scheduler().running());
      process.wait_until(std::nullopt);
    }
  }

 private:
  TaskPtr task_;
};

}  // namespace

void Scheduler::at(Moment when, std::function<void()> event) {
  events_.emplace(std::pair(std::max(when, now_), events_made_++), std::move(event));
}

TaskPtr Scheduler::start(Process& process, std::function<void()> body) {
  auto task = std::make_shared<Task>(process, std::move(body));
  process.tasks.push_back(task);
  return task;
}

void Scheduler::wake(const TaskPtr& task) {
  if (task->ready || task->fiber.ended()) return;
  if (task->process->alive() && random_.chance(slow_thread)) {
    task->waking = true;
    after(Span(random_.between(1, kSlowMax)), [task, wait = task->wait] {
      if (task->wait == wait) task->ready = true;
    });
    return;
  }
  task->ready = true;
}

void Scheduler::wait(std::optional<Moment> until) {
  const TaskPtr self = running_;
  ATOMA_CHECK(self);
  self->ready = self->waking = false;
  self->deadline = until;
  const std::uint64_t wait = ++self->wait;
  if (until) {
    at(*until, [this, self, wait] {
      if (self->wait == wait) wake(self);
    });
  }
  Fiber::give_way();
  self->deadline.reset();
}

void Scheduler::run(const TaskPtr& task) {
  running_ = task;
  task->fiber.resume();
  running_.reset();
  if (!task->fiber.ended()) return;
  for (const TaskPtr& other : std::exchange(task->joining, {})) wake(other);
  std::erase(task->process->tasks, task);
}

bool Scheduler::run_one_of(const std::vector<TaskPtr>& ready) {
  if (ready.empty()) return false;
  run(ready[random_.below(ready.size())]);
  return true;
}

bool Scheduler::step() {
  ++steps_;
  std::vector<TaskPtr> ready;
  for (const Process* process : processes_) {
    if (process->stopped() || !process->alive()) continue;
    std::ranges::copy_if(process->tasks, std::back_inserter(ready), &Task::ready);
  }
  if (run_one_of(ready)) return true;
  if (events_.empty()) return false;
  auto first = events_.extract(events_.begin());
  now_ = first.key().first;
  first.mapped()();
  return true;
}

void Scheduler::run_down(Process& process) {
  ATOMA_CHECK(!process.alive());
  for (std::uint64_t steps = 0; !process.tasks.empty(); ++steps) {
    ATOMA_CHECK(steps < kGhostStepsMax);  // else it never ends
    std::vector<TaskPtr> ready;
    std::ranges::copy_if(process.tasks, std::back_inserter(ready), &Task::ready);
    ATOMA_CHECK(run_one_of(ready));  // else its threads wait for one another
  }
}

Process::~Process() {
  ATOMA_CHECK(tasks.empty());
  scheduler_.remove(*this);
}

Moment Process::now() const {
  return alive_ ? scheduler_.now() : std::max(scheduler_.now(), ghost_now_);
}

std::unique_ptr<runtime::Runtime::Waiters> Process::make_waiters() {
  return std::make_unique<SimWaiters>(*this);
}

std::unique_ptr<runtime::Runtime::Running> Process::start(std::function<void()> body) {
  return std::make_unique<SimThread>(scheduler_.start(*this, std::move(body)));
}

void Process::wait_until(std::optional<Moment> moment) {
  if (alive_ || !moment) {
    scheduler_.wait(moment);
  } else {
    // Others of its threads go on between.
    ghost_now_ = std::max(ghost_now_, *moment);
    scheduler_.running()->ready = true;
    Fiber::give_way();
  }
}

void Process::kill() {
  if (!alive_) return;
  alive_ = false;
  stopped_ = false;
  ghost_now_ = scheduler_.now();
  for (const TaskPtr& task : tasks) {
    if (task->deadline) ghost_now_ = std::max(ghost_now_, *task->deadline);
    if (task->deadline || task->waking) task->ready = true;
  }
}

}  // namespace atoma::sim
