#include "harness/machine/stacks.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include "harness/base/mapping.hpp"
#include "harness/base/process.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/machine/stacks_tracer.hpp"
#include "harness/machine/stacks_unwinder.hpp"

namespace convoy {
namespace {

// What a killed inspector has to end.
constexpr nanoseconds kReapPatience = std::chrono::seconds(1);
// Threads that start while the others are counted.
constexpr std::size_t kMoreThreads = 16;

// Text in shared memory, cut where it is too long.
template <std::size_t N>
class Text {
 public:
  void set(std::string_view text) {
    const std::size_t size = std::min(text.size(), N - 1);
    std::memcpy(bytes_, text.data(), size);
    bytes_[size] = '\0';
  }
  // Whoever wrote it may have been killed half way: the last byte is never written.
  std::string get() const { return {bytes_, ::strnlen(bytes_, N - 1)}; }

 private:
  char bytes_[N];
};

struct SharedFrame {
  std::uint64_t address;
  Text<512> function;
  Text<256> file;
  Text<128> module;
  int line;
  bool own;
  bool inlined;
};

struct SharedThread {
  pid_t tid;
  char state;
  Text<64> name;
  Text<64> waits_in;
  Text<512> reason;
  std::size_t frames;  // written after the frames
  SharedFrame frame[kMaxFrames];
};

// What the inspector tells. Zeroed pages, of which only those that are written take memory. The
// controller reads after the inspector has ended, which orders their accesses; it sees a prefix of
// the list even if the inspector was killed.
struct Board {
  Text<512> reason;     // why there are no frames of any thread
  std::size_t threads;  // written after the threads
  SharedThread thread[1];

  static std::size_t size(std::size_t threads) {
    return sizeof(Board) + threads * sizeof(SharedThread);
  }
};

std::string read_line(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : 0;
  if (size <= 0) return {};
  const std::string_view all(text, static_cast<std::size_t>(size));
  return std::string(all.substr(0, all.find('\n')));
}

std::vector<pid_t> threads_of(pid_t pid) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(
      ::opendir(fmt::format("/proc/{}/task", pid).c_str()), ::closedir);
  std::vector<pid_t> threads;
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder.get())) {
    pid_t tid = 0;
    const char* const name = entry->d_name;
    if (std::from_chars(name, name + std::strlen(name), tid).ec == std::errc())
      threads.push_back(tid);
  }
  std::ranges::sort(threads);
  return threads;
}

// "202 0x7ffd... 0x80 ..." of /proc/PID/task/TID/syscall, or "running".
std::string system_call(const std::string& line) {
  static const std::map<int, const char*> kWaits = {
      {SYS_futex, "futex"},
      {SYS_read, "read"},
      {SYS_write, "write"},
      {SYS_readv, "readv"},
      {SYS_ppoll, "ppoll"},
      {SYS_epoll_pwait, "epoll_pwait"},
      {SYS_io_uring_enter, "io_uring_enter"},
      {SYS_nanosleep, "nanosleep"},
      {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_recvfrom, "recvfrom"},
      {SYS_recvmsg, "recvmsg"},
      {SYS_sendto, "sendto"},
      {SYS_accept4, "accept4"},
      {SYS_connect, "connect"},
      {SYS_fsync, "fsync"},
      {SYS_wait4, "wait4"},
#ifdef SYS_poll
      {SYS_poll, "poll"},
      {SYS_epoll_wait, "epoll_wait"},
      {SYS_select, "select"},
      {SYS_pause, "pause"},
#endif
  };
  int number = -1;
  if (std::from_chars(line.data(), line.data() + line.size(), number).ec != std::errc() ||
      number < 0)
    return {};
  const auto known = kWaits.find(number);
  return known == kWaits.end() ? fmt::format("system call {}", number) : known->second;
}

// What /proc tells, before ptrace changes it.
void describe_thread(pid_t pid, pid_t tid, SharedThread& thread) {
  const std::string folder = fmt::format("/proc/{}/task/{}/", pid, tid);
  thread.tid = tid;
  thread.name.set(read_line(folder + "comm"));
  const std::string stat = read_line(folder + "stat");
  const std::size_t name_end = stat.rfind(") ");
  thread.state =
      name_end == std::string::npos || name_end + 2 >= stat.size() ? '?' : stat[name_end + 2];
  std::string waits_in = read_line(folder + "wchan");
  if (waits_in.empty() || waits_in == "0") waits_in = system_call(read_line(folder + "syscall"));
  thread.waits_in.set(waits_in);
}

void add_frames(const std::vector<StackFrame>& frames, SharedThread& thread) {
  for (const StackFrame& frame : frames) {
    if (thread.frames == kMaxFrames) return;
    SharedFrame& shared = thread.frame[thread.frames];
    shared.address = frame.address;
    shared.function.set(frame.function);
    shared.file.set(frame.file);
    shared.module.set(frame.module);
    shared.line = frame.line;
    shared.own = frame.own;
    shared.inlined = frame.inlined;
    ++thread.frames;
  }
}

// The work of the inspector. All threads are stopped together, and go on before anything is given a
// name.
void inspect(pid_t pid, std::size_t most_threads, nanoseconds patience, Board& board) {
  const nanoseconds deadline = now() + patience / 4;
  std::vector<pid_t> threads = threads_of(pid);
  threads.resize(std::min(threads.size(), most_threads));
  for (const pid_t tid : threads) {
    describe_thread(pid, tid, board.thread[board.threads]);
    ++board.threads;
  }
  const Unwinder unwinder(pid);
  std::vector<std::vector<StackCall>> calls(threads.size());
  {
    std::vector<TracedThread> traced;
    traced.reserve(threads.size());
    for (const pid_t tid : threads) traced.emplace_back(pid, tid);
    for (std::size_t i = 0; i < traced.size(); ++i) {
      if (!traced[i].await_stop(deadline)) board.thread[i].reason.set(traced[i].reason());
    }
    for (std::size_t i = 0; i < traced.size(); ++i) {
      if (!traced[i].reason().empty()) continue;
      try {
        calls[i] = unwinder.calls(threads[i]);
      } catch (const std::exception& error) {
        board.thread[i].reason.set(error.what());
      }
      traced[i].release();
    }
  }
  // Threads often wait at the same place.
  std::map<StackCall, std::vector<StackFrame>> known;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    for (const StackCall& call : calls[i]) {
      const auto [place, is_new] = known.try_emplace(call);
      if (is_new) place->second = unwinder.frames(call);
      add_frames(place->second, board.thread[i]);
    }
  }
}

[[noreturn]] void run_inspector(pid_t pid, std::size_t most_threads, nanoseconds patience,
                                Board& board, pid_t controller) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != controller) ::_exit(1);
  // Meant for the controller, which ends this process anyway.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  try {
    inspect(pid, most_threads, patience, board);
  } catch (const std::exception& error) {
    board.reason.set(error.what());
  }
  ::_exit(0);
}

std::vector<ThreadStack> only_reason(pid_t pid, std::string reason) {
  std::vector<ThreadStack> stacks(1);
  stacks.front().tid = pid;
  stacks.front().reason = std::move(reason);
  return stacks;
}

ThreadStack to_stack(const SharedThread& shared, const std::string& reason_of_all) {
  ThreadStack stack{.tid = shared.tid,
                    .name = shared.name.get(),
                    .state = shared.state,
                    .waits_in = shared.waits_in.get(),
                    .frames = {},
                    .reason = {}};
  for (std::size_t i = 0; i < std::min(shared.frames, kMaxFrames); ++i) {
    const SharedFrame& frame = shared.frame[i];
    stack.frames.push_back({.address = frame.address,
                            .function = frame.function.get(),
                            .file = frame.file.get(),
                            .line = frame.line,
                            .module = frame.module.get(),
                            .own = frame.own,
                            .inlined = frame.inlined});
  }
  if (stack.frames.empty()) {
    stack.reason = shared.reason.get();
    if (stack.reason.empty()) stack.reason = reason_of_all;
  }
  return stack;
}

}  // namespace

std::vector<ThreadStack> stacks_of(pid_t pid, nanoseconds patience) {
  const std::string gone = fmt::format(
      "process {} has ended and has no stack any more: raise the limit to see it alive", pid);
  const std::size_t threads = pid > 0 ? threads_of(pid).size() : 0;
  if (threads == 0) return only_reason(pid, gone);
  const std::size_t most_threads = threads + kMoreThreads;
  const Mapping mapping(Board::size(most_threads));
  Board& board = *static_cast<Board*>(mapping.data());
  const pid_t controller = ::getpid();
  const pid_t inspector = ::fork();
  if (inspector == 0) run_inspector(pid, most_threads, patience, board, controller);
  if (inspector < 0) {
    return only_reason(pid, fmt::format("its stacks are not known: fork: {}; end other processes "
                                        "of this user, or raise `ulimit -u`",
                                        std::strerror(errno)));
  }
  std::string reason;
  const std::optional<int> status = reap_within(inspector, patience);
  if (!status) {
    send_signal(inspector, SIGKILL);
    if (!reap_within(inspector, kReapPatience))
      return only_reason(pid, "reading its stacks hangs in the kernel: `dmesg` may tell why");
    reason = fmt::format(
        "reading its stacks took longer than {} ms: end other programs, which "
        "leave it no CPU",
        patience / std::chrono::milliseconds(1));
  } else if (*status != 0) {
    reason = "the process that reads stacks died: try `eu-stack -p PID` of Debian's elfutils";
  } else {
    reason = board.reason.get();
  }
  if (board.threads == 0) return only_reason(pid, reason.empty() ? gone : reason);
  std::vector<ThreadStack> stacks;
  for (std::size_t i = 0; i < board.threads; ++i)
    stacks.push_back(to_stack(board.thread[i], reason));
  return stacks;
}

void allow_stacks_for(pid_t controller) {
  ::prctl(PR_SET_PTRACER, static_cast<unsigned long>(controller), 0, 0, 0);
}

}  // namespace convoy
