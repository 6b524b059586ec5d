// A thread's stack without the thread: runs until it gives way, and is resumed by whoever decides.
// All fibers of a process run on one thread of the system.
//
//   Fiber fiber([] { …; Fiber::give_way(); … });
//   while (!fiber.ended()) fiber.resume();
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace atoma::sim {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  // it has ended
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();
  bool ended() const { return ended_; }
  // Back to resume(), from inside.
  static void give_way();

 private:
  static void enter();
  void run();

  std::function<void()> body_;
  void* stack_ = nullptr;
  ucontext_t own_{}, resumer_{};
  bool ended_ = false;
  // Where the sanitizer is told of: frames it moved off the stack, and the stack of the resumer.
  void* moved_frames_ = nullptr;
  const void* resumer_stack_ = nullptr;
  std::size_t resumer_stack_size_ = 0;
};

}  // namespace atoma::sim
