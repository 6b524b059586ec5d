#include "bench_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "atoma/base/check.h"

namespace atoma::app {

ScratchFolder::ScratchFolder(const std::filesystem::path& parent) {
  std::string name = (parent / "atoma-bench-XXXXXX").string();
  ATOMA_CHECK(mkdtemp(name.data()) != nullptr);
  path = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

ServerProcess::ServerProcess(const std::function<void(const UntilStopped&)>& serve) {
  int port_pipe[2], stop_pipe[2];
  ATOMA_CHECK(pipe(port_pipe) == 0 && pipe(stop_pipe) == 0);
  child_ = fork();
  ATOMA_CHECK(child_ >= 0);
  if (child_ == 0) {
    ::close(stop_pipe[1]);
    serve([&](std::uint16_t own_port) {
      ATOMA_CHECK(::write(port_pipe[1], &own_port, sizeof own_port) == sizeof own_port);
      char none = 0;
      while (::read(stop_pipe[0], &none, 1) > 0) {
      }
    });
    _exit(0);
  }
  ::close(port_pipe[1]);
  ::close(stop_pipe[0]);
  stop_ = stop_pipe[1];
  ATOMA_CHECK(::read(port_pipe[0], &port, sizeof port) == sizeof port);
  ::close(port_pipe[0]);
}

ServerProcess::~ServerProcess() {
  ::close(stop_);
  waitpid(child_, nullptr, 0);
}

double ServerProcess::cpu_seconds() const {
  clockid_t clock{};
  timespec now{};
  ATOMA_CHECK(clock_getcpuclockid(child_, &clock) == 0 && clock_gettime(clock, &now) == 0);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace atoma::app
