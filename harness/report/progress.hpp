// The line on stderr that says how far a run is: drawn between samples, and only on a terminal.
#pragma once

#include <string>

#include "harness/measure/session.hpp"

namespace convoy {

enum class Verbosity { quiet, normal, verbose };

// "pass 3  41/310 samples  127/310 precise  1:52 left  cpu_pi/model:threads/..."; at most `width`
// columns.
std::string progress_line(const SessionProgress& progress, const std::string& name, int width);

// Draws on stderr. Owned by the controller, used from its thread; writes may block on a slow
// terminal, between samples.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(Verbosity verbosity);
  ~ProgressDisplay();

  void draw(const Session& session, const CaseResult& next);
  // In verbose runs a line a sample; always a line for a failure.
  void report(const CaseResult& result);
  void clear();

 private:
  Verbosity verbosity_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace convoy
