// What benchmarks of servers share: a folder of their own, and a server in a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace atoma::app {

// Made below `parent`, and removed with all that is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  std::filesystem::path path;
};

// A process that serves until it is destroyed. Make it before this process has threads.
class ServerProcess {
 public:
  // Tells the parent the port, and returns when it is time to stop.
  using UntilStopped = std::function<void(std::uint16_t port)>;
  explicit ServerProcess(const std::function<void(const UntilStopped&)>& serve);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  // Of all its threads since its start, in user code and in the system's for it.
  double cpu_seconds() const;

  std::uint16_t port = 0;

 private:
  pid_t child_ = -1;
  int stop_ = -1;
};

}  // namespace atoma::app
