#include "fiber.h"

#include <sys/mman.h>

#include <vector>

#include "atoma/base/check.h"
#include "sanitized.h"

namespace atoma::sim {
namespace {

// Sanitized frames are large; what is not touched is no memory.
constexpr std::size_t kStackSize = 1024 * 1024;
constexpr std::size_t kGuardSize = 4096;  // below it

Fiber* running = nullptr;
std::vector<void*> free_stacks;

void* take_stack() {
  if (!free_stacks.empty()) {
    void* const out = free_stacks.back();
    free_stacks.pop_back();
    return out;
  }
  void* const out = ::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ATOMA_CHECK(out != MAP_FAILED);
  ATOMA_CHECK(::mprotect(out, kGuardSize, PROT_NONE) == 0);
  return out;
}

void before_switch([[maybe_unused]] void** save, [[maybe_unused]] const void* stack,
                   [[maybe_unused]] std::size_t size) {
#ifdef ATOMA_SIM_SANITIZED
  __sanitizer_start_switch_fiber(save, stack, size);
#endif
}

void after_switch([[maybe_unused]] void* saved, [[maybe_unused]] const void** old_stack,
                  [[maybe_unused]] std::size_t* old_size) {
#ifdef ATOMA_SIM_SANITIZED
  __sanitizer_finish_switch_fiber(saved, old_stack, old_size);
#endif
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(take_stack()) {
  ATOMA_CHECK(::getcontext(&own_) == 0);
  own_.uc_stack.ss_sp = stack_;
  own_.uc_stack.ss_size = kStackSize;
  own_.uc_link = nullptr;
  ::makecontext(&own_, &Fiber::enter, 0);
}

Fiber::~Fiber() {
  ATOMA_CHECK(ended_);
  free_stacks.push_back(stack_);
}

void Fiber::resume() {
  ATOMA_CHECK(running == nullptr && !ended_);
  running = this;
  void* moved = nullptr;
  before_switch(&moved, stack_, kStackSize);
  ATOMA_CHECK(::swapcontext(&resumer_, &own_) == 0);
  after_switch(moved, nullptr, nullptr);
  running = nullptr;
}

void Fiber::give_way() {
  Fiber& self = *running;
  before_switch(&self.moved_frames_, self.resumer_stack_, self.resumer_stack_size_);
  ATOMA_CHECK(::swapcontext(&self.own_, &self.resumer_) == 0);
  after_switch(self.moved_frames_, &self.resumer_stack_, &self.resumer_stack_size_);
}

void Fiber::enter() { running->run(); }

void Fiber::run() {
  after_switch(nullptr, &resumer_stack_, &resumer_stack_size_);
  body_();
  body_ = nullptr;
  ended_ = true;
  before_switch(nullptr, resumer_stack_, resumer_stack_size_);
  ::setcontext(&resumer_);
  ATOMA_CHECK(false);
}

}  // namespace atoma::sim
