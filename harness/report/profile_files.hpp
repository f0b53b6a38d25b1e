// The files of a profile, described in docs/reference/profile-files.md.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/profile.hpp"

namespace convoy {

// Borrowed for the time of a call; with a recorded round.
struct ProfileRecord {
  const Profile& profile;
  std::string created;  // UTC, ISO 8601
  std::vector<std::string> command_line;
};

// The texts of states.json and of trace.json.
std::string states_text(const ProfileRecord& record);
std::string trace_text(const Profile& profile);

// What a reader of either should know, in sentences.
std::vector<std::string> notes_of(const Profile& profile);
// "gil", or of several "gil 0".
std::string lock_name(std::size_t lock, std::size_t locks);

}  // namespace convoy
