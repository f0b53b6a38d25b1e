// The result file: Google Benchmark's JSON with one more key, written whole or not at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/machine/facts.hpp"
#include "harness/machine/fitness.hpp"
#include "harness/measure/session.hpp"

namespace convoy {

// Everything a result file tells, borrowed for the time of a call.
struct Record {
  const Session& session;
  const Facts& facts;
  std::string google_context;  // GoogleBenchmarks::context_json()
  std::vector<std::string> command_line;
  std::optional<std::string> suite;
  std::string created;  // UTC, ISO 8601
  nanoseconds minimum_round{0};
  int rows_per_name = 6;
  std::vector<Finding> findings = {};  // of the machine, when the run began
  // Of all CPU time of the run, 0 to 1; absent where the kernel does not say.
  std::optional<double> foreign_share = {}, steal_share = {};
};

// The texts of X.json and X.track.json. Finite numbers only.
std::string result_text(const Record& record);
std::string track_text(const Record& record);

// X.track.json beside X.json.
std::filesystem::path track_path(const std::filesystem::path& path);

// Replaces the file by `text`: a temporary file in the same folder, flushed to the disk, renamed.
// Throws UsageError that names the file and what to do; the old file is then untouched and no
// temporary one stays.
// `option` is what the user chose the file with.
void write_atomically(const std::filesystem::path& path, const std::string& text,
                      const char* option = "--json FILE");
// Throws the same UsageError if the file could not be written, before anything is measured.
void check_writable(const std::filesystem::path& path, const char* option = "--json FILE");

// The texts of a result and its track in new files, which nobody else may read and whose names
// nobody foresees: for folders where others may write. The first one's path, or nothing where
// both of them cannot be written.
std::optional<std::filesystem::path> write_privately(const std::filesystem::path& folder,
                                                     const std::string& result,
                                                     const std::string& track);

// The null workload's time of one operation in the same surroundings, in nanoseconds; absent if not
// measured.
std::optional<double> overhead_of(const Session& session, const CaseResult& result);

// What the terminal and the tests print as JSON.
std::string json_quoted(const std::string& text);

}  // namespace convoy
