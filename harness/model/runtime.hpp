// Other people's libraries and interpreters that do the job of a workload, each in a program of its
// own: docs/how-to/add-a-runtime.md has what such a program is told and answers.
#pragma once

#include <string>
#include <vector>

namespace convoy {

struct Model;

// A workload that it can do, and which of the workload's parameters it heeds.
struct RuntimeJob {
  std::string workload;
  std::vector<std::string> parameters;
};

// What a model has whose workers run in such a program.
struct Runtime {
  std::string program;  // the path of its executable
  std::string version;  // of the library or interpreter
  std::vector<RuntimeJob> jobs;

  const RuntimeJob* job_of(const std::string& workload) const;  // null where it has none
};

// The models of these runtimes, "all" for every one that is there. Asks each program what it is and
// can do, which takes some milliseconds, and remembers it. In the controller, before it forks.
// Throws UsageError for one that is not there or does not describe itself, with what to do.
std::vector<const Model*> find_runtimes(const std::vector<std::string>& names);

// Where they are: $CONVOY_RUNTIMES, or else the folder `runtimes` beside this program.
std::string runtimes_folder();

}  // namespace convoy
