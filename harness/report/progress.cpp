#include "harness/report/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/base/printable.hpp"

namespace convoy {
namespace {

int terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

constexpr std::size_t kMostStackLines = 8;

bool can_redraw() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string progress_line(const SessionProgress& progress, const std::string& name, int width) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.left).count();
  std::string line = fmt::format("pass {}  {}/{}  precise {}/{}  {}:{:02} left  {}", progress.pass,
                                 progress.done_in_pass, progress.in_pass, progress.finished,
                                 progress.total, seconds / 60, seconds % 60, printable(name));
  if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(width));
  return line;
}

ProgressDisplay::ProgressDisplay(Verbosity verbosity)
    : verbosity_(verbosity), terminal_(verbosity != Verbosity::quiet && can_redraw()) {}

ProgressDisplay::~ProgressDisplay() { clear(); }

void ProgressDisplay::draw(const Session& session, const CaseResult& next) {
  if (!terminal_) return;
  const std::string& name = next.benchmark->name;
  std::fprintf(stderr, "\r\033[K%s",
               progress_line(session.progress(), name, terminal_width() - 1).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressDisplay::report(const CaseResult& result) {
  if (result.failure) {
    clear();
    print_line(stderr, fmt::format("convoy: {} {}: {}", result.benchmark->name,
                                   result.refused ? "did not finish" : "failed", *result.failure));
    for (const std::string& line : describe_lines(result.stacks, kMostStackLines))
      print_line(stderr, "  " + line);
  } else if (!result.order_warnings.empty() && result.samples.size() == 1) {
    clear();
    for (const std::string& warning : result.order_warnings)
      print_line(stderr, fmt::format("convoy: {} takes locks in opposite orders: {}",
                                     result.benchmark->name, warning));
  } else if (verbosity_ == Verbosity::verbose && !result.samples.empty()) {
    clear();
    const Sample& sample = result.samples.back();
    print_line(stderr, fmt::format("{}  {:.4g} ns an operation ({} operations in {:.3g} ms)",
                                   result.benchmark->name, sample.real_time_ns(), sample.operations,
                                   static_cast<double>(sample.wall.count()) / 1e6));
  }
}

void ProgressDisplay::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace convoy
