// For tests: etcd itself, one node or several, on loopback, in a directory of its own.
//
//   Cluster etcd(3);
//   if (!etcd.available()) GTEST_SKIP() << …
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "atoma/etcd/client.h"

namespace atoma::test {

// A port for a server that is told its own and may start again on it. It lies below those that
// systems hand out, so that no connection takes it meanwhile, and its lock (as in e2e/served.py)
// keeps it from other tests until this process ends.
inline std::uint16_t own_port() {
  const auto locks = std::filesystem::temp_directory_path() / "atoma-ports";
  std::filesystem::create_directories(locks);
  std::random_device entropy;
  std::uniform_int_distribution<std::uint16_t> any(10240, 32767);
  for (;;) {
    const std::uint16_t port = any(entropy);
    const int lock =
        ::open((locks / std::to_string(port)).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    void* raw = &address;
    const bool ours = ::flock(lock, LOCK_EX | LOCK_NB) == 0 &&
                      ::bind(probe, static_cast<sockaddr*>(raw), sizeof address) == 0;
    ::close(probe);
    if (ours) return port;
    ::close(lock);
  }
}

class Cluster {
 public:
  explicit Cluster(std::size_t nodes) {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-etcd-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    for (std::size_t i = 0; i < nodes; ++i) {
      nodes_.push_back({.client = own_port(), .peer = own_port(), .pid = -1});
    }
    if (!available()) return;
    for (std::size_t i = 0; i < nodes; ++i) start(i);
    wait_ready();
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) kill(i);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  // Without it, tests are skipped, and fail where everything must be there.
  static bool available() {
    static const bool there = std::filesystem::exists("/usr/bin/etcd");
    if (!there && std::getenv("CI") != nullptr) ADD_FAILURE() << "no etcd: etcd-server is missing";
    return there;
  }

  std::vector<std::string> urls() const {
    std::vector<std::string> out;
    for (const Node& node : nodes_) out.push_back(std::format("http://127.0.0.1:{}", node.client));
    return out;
  }
  etcd::Client client() const {
    auto made = etcd::Client::create(urls(), {});
    EXPECT_TRUE(made);
    return *std::move(made);
  }

  void start(std::size_t i) {
    std::string peers;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      peers += std::format("{}n{}=http://127.0.0.1:{}", n == 0 ? "" : ",", n, nodes_[n].peer);
    }
    const std::string client = std::format("http://127.0.0.1:{}", nodes_[i].client);
    const std::string peer = std::format("http://127.0.0.1:{}", nodes_[i].peer);
    std::vector<std::string> arguments{"etcd",
                                       "--name",
                                       std::format("n{}", i),
                                       "--data-dir",
                                       (directory_ / std::format("n{}", i)).string(),
                                       "--listen-client-urls",
                                       client,
                                       "--advertise-client-urls",
                                       client,
                                       "--listen-peer-urls",
                                       peer,
                                       "--initial-advertise-peer-urls",
                                       peer,
                                       "--initial-cluster",
                                       peers,
                                       "--heartbeat-interval",
                                       "50",
                                       "--election-timeout",
                                       "500",
                                       "--log-level",
                                       "error"};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(
        ::posix_spawn(&nodes_[i].pid, "/usr/bin/etcd", &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  void signal(std::size_t i, int number) const { ::kill(nodes_[i].pid, number); }
  void kill(std::size_t i) {
    if (nodes_[i].pid <= 0) return;
    ::kill(nodes_[i].pid, SIGKILL);
    ::waitpid(nodes_[i].pid, nullptr, 0);
    nodes_[i].pid = -1;
  }
  // Which node leads; nodes are asked until one knows.
  std::size_t leader() const {
    const etcd::Client etcd = client();
    for (int tries = 0; tries < 200; ++tries) {
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].pid <= 0) continue;
        const auto member = etcd.member(i);
        if (member && member->leader != 0 && member->leader == member->id) return i;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "no etcd leads";
    return 0;
  }

 private:
  struct Node {
    std::uint16_t client = 0;
    std::uint16_t peer = 0;
    pid_t pid = -1;
  };
  void wait_ready() const {
    const etcd::Client etcd = client();
    for (int tries = 0; tries < 300; ++tries) {
      if (etcd.range({"a", "b"}, {})) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "etcd does not answer";
  }

  std::filesystem::path directory_;
  std::vector<Node> nodes_;
};

}  // namespace atoma::test
