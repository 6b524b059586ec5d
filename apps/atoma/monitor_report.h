// What a monitor found, for a terminal or a script: one line for each finding, once when it appears
// and once when it is gone.
#pragma once

#include <map>
#include <string>

#include "atoma/monitor/monitor.h"
#include "command.h"

namespace atoma::app {

class MonitorReport {
 public:
  explicit MonitorReport(const Context& context) : context_(&context) {}

  // Prints what is new since the last round, and what is gone.
  void tell(const monitor::Findings& findings);
  // The whole of a round, for a run that ends with it.
  void conclude(const monitor::Round& round, const monitor::Follower& follower);
  // How far a replay is, where somebody looks on.
  void progress(std::uint64_t taken, std::uint64_t size);
  void clear_progress();

 private:
  void print(const monitor::Finding& finding) const;

  const Context* context_;
  std::map<std::string, std::string> told_;  // by what makes a finding the same; its id
  bool progress_shown_ = false;
};

}  // namespace atoma::app
