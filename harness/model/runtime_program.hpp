// A runtime's program while it runs: lines to it and from it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

// A child with its standard input and output at our end, and its standard error kept for when it
// fails. Used by one thread. It dies with the thread that made it.
class RuntimeProgram {
 public:
  // Throws std::system_error. `kept`: a descriptor that it inherits under the same number; -1:
  // none.
  RuntimeProgram(const std::string& path, const std::vector<std::string>& arguments, int kept = -1);
  RuntimeProgram(const RuntimeProgram&) = delete;
  ~RuntimeProgram();

  void say(const std::string& line);
  // The next line; empty at its end. Blocks for `limit` at most. Throws std::runtime_error, with
  // its last words, where it says nothing in time.
  std::string hear(nanoseconds limit);
  // A line that begins with this word, without it. Throws std::runtime_error, with its last words,
  // where it says something else or ends.
  std::string expect(const std::string& word, nanoseconds limit);
  // Closes its input, waits for its end for `limit` at most, and kills it otherwise. How it ended
  // with its last words; empty where all was well.
  std::string end(nanoseconds limit);
  pid_t pid() const { return pid_; }

 private:
  std::string last_words() const;

  std::string name_;
  UniqueFd to_, from_, errors_;
  std::string heard_;  // and not yet given out
  pid_t pid_ = -1;
};

}  // namespace convoy
