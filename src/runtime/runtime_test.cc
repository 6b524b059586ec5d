#include "atoma/runtime/runtime.h"

#include <gtest/gtest.h>

namespace atoma::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Runtime, ThreadsMeetAtAConditionAndAreJoined) {
  Runtime& system = system_runtime();
  std::mutex mutex;
  Condition changed(system);
  int turn = 0;
  {
    const Thread other(system, [&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return turn == 1; });
      turn = 2;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    turn = 1;
    changed.notify_all();
    EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return turn == 2; }));
  }
  EXPECT_EQ(turn, 2);
}

TEST(Runtime, WaitsNoLongerThanAsked) {
  Runtime& system = system_runtime();
  std::mutex mutex;
  Condition changed(system);
  std::unique_lock lock(mutex);
  const Moment before = system.now();
  EXPECT_FALSE(changed.wait_for(lock, 5ms, [] { return false; }));
  EXPECT_GE(system.now(), before + 5ms);
  EXPECT_TRUE(changed.wait_until(lock, before, [] { return true; })) << "what is so needs no time";
}

TEST(Runtime, AssigningJoinsTheOneBefore) {
  Runtime& system = system_runtime();
  bool first = false;
  bool second = false;
  Thread thread(system, [&] { first = true; });
  thread = Thread(system, [&] { second = true; });
  EXPECT_TRUE(first);
  thread.join();
  EXPECT_TRUE(second);
  thread.join();
}

}  // namespace
}  // namespace atoma::runtime
