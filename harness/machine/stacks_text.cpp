#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/machine/stacks.hpp"

namespace convoy {
namespace {

constexpr std::size_t kToldFrames = 6;

std::string describe_frame(const StackFrame& frame) {
  std::string text = short_function(frame.function);
  if (text.empty()) text = fmt::format("{:#x}", frame.address);
  if (!frame.file.empty()) return fmt::format("{} at {}:{}", text, frame.file, frame.line);
  if (!frame.own && !frame.module.empty())
    text += " in " + frame.module.substr(frame.module.rfind('/') + 1);
  return text;
}

// Files of Convoy and of workloads are named relatively, those of headers of the system are not.
bool is_told(const StackFrame& frame) { return frame.own && !frame.file.starts_with('/'); }

std::string describe_frames(const std::vector<StackFrame>& frames) {
  std::vector<std::string> told;
  const bool has_own = std::ranges::any_of(frames, is_told);
  for (const StackFrame& frame : frames) {
    if (told.size() == kToldFrames) break;
    if (is_told(frame) || !has_own) told.push_back(describe_frame(frame));
  }
  return fmt::format("{}", fmt::join(told, " < "));
}

std::string describe_who(const ThreadStack& thread) {
  std::string text = fmt::format("thread {}", thread.tid);
  if (!thread.name.empty()) text += fmt::format(" ({})", thread.name);
  return text;
}

std::string describe_where(const ThreadStack& thread) {
  std::string text;
  switch (thread.state) {
    case 'R': text = "running"; break;
    case 'T':
    case 't': text = "stopped"; break;
    case 'Z':
    case 'X': text = "ended"; break;
    case '?': text = "unknown"; break;
    default: text = thread.waits_in.empty() ? "asleep" : "in " + thread.waits_in;
  }
  if (thread.state == 'D') text += " (uninterruptible)";
  return text + ": " +
         (thread.frames.empty() ? "no stack, " + thread.reason : describe_frames(thread.frames));
}

}  // namespace

// Drops what stands in () and <>, and all before the last blank that is left: the type of the
// result. "(anonymous namespace)::" goes with the first, "operator<" and "operator()" stay.
std::string short_function(std::string_view demangled) {
  constexpr std::string_view kOperator = "operator";
  std::string name;
  int depth = 0;
  for (std::size_t i = 0; i < demangled.size(); ++i) {
    const char letter = demangled[i];
    if (depth == 0 && demangled.substr(i).starts_with(kOperator)) {
      std::size_t end = demangled.find('(', i);
      if (demangled.substr(i + kOperator.size()).starts_with("()")) end += 2;
      name.append(demangled.substr(i, end == std::string_view::npos ? end : end - i));
      if (end == std::string_view::npos) break;
      i = end - 1;
    } else if (letter == '(' || letter == '<') {
      ++depth;
    } else if (letter == ')' || letter == '>') {
      --depth;
      if (depth == 0 && demangled.substr(i + 1).starts_with("::") &&
          (name.empty() || name.ends_with("::") || name.ends_with(' ')))
        i += 2;
    } else if (depth == 0) {
      name += letter;
    }
  }
  for (const std::string_view tail : {" const", " &", " &&", " [clone .actor]", " [clone .cold]"}) {
    if (name.ends_with(tail)) name.erase(name.size() - tail.size());
  }
  const std::size_t op = name.find(kOperator);
  const std::size_t blank = name.rfind(' ', op);
  return blank == std::string::npos ? name : name.substr(blank + 1);
}

std::string describe(const ThreadStack& thread) {
  return describe_who(thread) + " " + describe_where(thread);
}

std::vector<std::string> describe_lines(std::span<const ThreadStack> threads,
                                        std::size_t most_lines) {
  std::vector<std::pair<std::string, std::vector<std::string>>> places;
  for (const ThreadStack& thread : threads) {
    const std::string where = describe_where(thread);
    auto place = std::ranges::find(places, where, [](const auto& entry) { return entry.first; });
    if (place == places.end()) place = places.insert(places.end(), {where, {}});
    place->second.push_back(describe_who(thread));
  }
  std::vector<std::string> lines;
  for (const auto& [where, who] : places) {
    if (lines.size() + 1 == most_lines && places.size() > most_lines) {
      lines.push_back(fmt::format("and {} more places", places.size() - lines.size()));
      break;
    }
    const std::string more = who.size() > 1 ? fmt::format(" and {} more", who.size() - 1) : "";
    lines.push_back(who.front() + more + " " + where);
  }
  return lines;
}

}  // namespace convoy
