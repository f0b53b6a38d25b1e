// Three stages with queues between them: read the lines of a file, turn them to upper case, write
// them to another file. An operation is a line.
// lint: long because what is written is proved to be the whole text, in order
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "harness/sync/proof.hpp"
#include "harness/sync/queue.hpp"
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB, convoy::operator""_MiB;

static const convoy::Parameter lines{
    "lines", 2'000, "Lines of the text, which is read again from its end", 1, 1'000'000};
static const convoy::Parameter block{"block", 4_KiB, "Size of one read or write", 128_B, 16_MiB};
static const convoy::Parameter capacity{"capacity", 64, "Capacity of each queue in lines", 1,
                                        1'000'000};

namespace {
constexpr std::size_t kLongest = 108;  // with its end
constexpr const char* kMakeRoom =
    "make room there, or set CONVOY_SCRATCH to a writable folder with more of it, or use smaller "
    "pipeline_stages.lines";

struct Line {
  std::int64_t number = -1;  // from the beginning of the round
  std::int64_t read_at = 0;  // of some lines, on the clock of now() in ns; else 0
  std::uint32_t length = 0;
  char text[kLongest] = {};
};

// A file, and what is to stand in the other one.
struct Text {
  convoy::UniqueFd file;
  std::string upper;
};

struct Progress {
  // Acquired and released: the last one closes the queue after what all of them have put.
  std::atomic<int> raisers_done{0};
  // A stage has failed, and the others end without a word. Relaxed: set before a queue is closed,
  // and read after that was seen.
  std::atomic<bool> broken{false};
};
}  // namespace

// The same at all times: lines of 0 to 106 letters, blanks, digits and marks, and each one's end.
static Text make_text(const convoy::Setup& setup) {
  constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyzMIXED   0123456789,.-";
  constexpr std::string_view kLarge = "ABCDEFGHIJKLMNOPQRSTUVWXYZMIXED   0123456789,.-";
  Text text{setup.scratch_file(), {}};
  std::string small;
  std::mt19937_64 random;
  for (std::int64_t line = 0; line < setup[lines]; ++line) {
    for (std::size_t left = random() % (kLongest - 1); left > 0; --left) {
      const std::size_t letter = random() % kSmall.size();
      small += kSmall[letter];
      text.upper += kLarge[letter];
    }
    small += '\n';
    text.upper += '\n';
  }
  for (std::size_t done = 0; done < small.size();) {
    const ssize_t count = ::pwrite(text.file.get(), small.data() + done, small.size() - done,
                                   static_cast<off_t>(done));
    if (count <= 0) convoy::throw_errno("pwrite", kMakeRoom);
    done += static_cast<std::size_t>(count);
  }
  return text;
}

static const convoy::Shared<Text> source{make_text};
static const convoy::Shared<convoy::UniqueFd> target{
    [](const convoy::Setup& setup) { return setup.scratch_file(); }};
static const convoy::Synced<convoy::Queue<Line>> as_read{
    "as read", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::Synced<convoy::Queue<Line>> in_upper_case{
    "in upper case", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::SharedState<Progress> progress;

static const convoy::Figure in_pipeline{"in_pipeline_ns", "ns", convoy::Combine::mean,
                                        "Time from reading a line until the last stage has it"};
static const convoy::Figure lost{"lost", "", convoy::Combine::sum,
                                 "Lines read and never written: 0 for a correct pipeline"};

// Of the alphabet of the text only, without a look at the locale.
static void raise(Line& line) {
  for (std::uint32_t i = 0; i < line.length; ++i) {
    char& letter = line.text[i];
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
}

namespace {
// The first stage's part: blocks of the file, cut into lines.
class Reader {
 public:
  Reader(const convoy::Worker& worker, std::size_t size, std::int64_t count)
      : worker_(worker),
        size_(size),
        wanted_(count),
        block_(static_cast<std::size_t>(worker[block].count)) {}

  bool has_all() const { return number_ == wanted_; }
  bool needs_block() const { return begin_ == end_; }
  std::span<char> room() { return block_; }
  off_t offset() const { return static_cast<off_t>(at_); }
  // A block with so many bytes of the file has come.
  void filled(std::size_t count) {
    begin_ = end_ = block_.data();
    for (std::size_t i = count; i > 0 && end_ == begin_; --i)
      if (block_[i - 1] == '\n') end_ = begin_ + i;
    convoy::expect(end_ != begin_, worker_, "no line in {} bytes at {} of the text", count, at_);
    at_ = (at_ + static_cast<std::size_t>(end_ - begin_)) % size_;
  }
  Line cut() {
    constexpr std::int64_t kTimed = 8;  // one in so many: to read the clock takes its time, too
    Line line;
    const char* const end = std::find(begin_, end_, '\n') + 1;
    line.length = static_cast<std::uint32_t>(end - begin_);
    convoy::expect(line.length <= kLongest, worker_, "a line has {} letters", line.length);
    std::memcpy(line.text, begin_, line.length);
    begin_ = end;
    if (number_ % kTimed == 0) line.read_at = convoy::now().count();
    line.number = number_++;
    return line;
  }

 private:
  const convoy::Worker& worker_;
  std::size_t size_;  // of the file
  std::int64_t wanted_, number_ = 0;
  std::vector<char> block_;
  std::size_t at_ = 0;  // where the next block begins, with a line
  const char *begin_ = nullptr, *end_ = nullptr;
};

// The last stage's part: puts lines in order, and those into blocks, which are compared with what
// they should be. At the end of the text it begins again at the beginning of the file.
class Writer {
 public:
  Writer(const convoy::Worker& worker, const std::string& right)
      : worker_(worker), right_(right), most_(static_cast<std::size_t>(worker[block].count)) {}

  void add(const Line& line) {
    convoy::expect(line.number >= next_, worker_, "line {} came twice", line.number);
    const auto place = static_cast<std::size_t>(line.number - next_);
    if (place >= early_.size()) early_.resize(place + 1);
    early_[place] = line;
    for (; !early_.empty() && early_.front().number == next_; ++next_) {
      text_.append(early_.front().text, early_.front().length);
      early_.pop_front();
    }
  }
  // What is to be written now: a block, or up to the end of the text; less only `at_last`.
  std::string_view due(bool at_last) const {
    const std::size_t size = std::min(most_, right_.size() - at_);
    if (text_.size() < size && !at_last) return {};
    return std::string_view(text_).substr(0, size);
  }
  off_t offset() const { return static_cast<off_t>(at_); }
  // So much of it was written.
  void wrote(std::size_t count) {
    if (count == 0) convoy::throw_error_code(ENOSPC, "write", kMakeRoom);
    prove(text_.data(), count, at_);
    text_.erase(0, count);
    at_ = (at_ + count) % right_.size();
    whole_ |= at_ == 0;
  }
  // That so many bytes are those of the text from there on.
  void prove(const char* bytes, std::size_t count, std::size_t from) const {
    convoy::expect(count > 0 && right_.compare(from, count, bytes, count) == 0, worker_,
                   "the text is wrong in {} bytes at {}, before line {}", count, from, next_);
  }
  std::int64_t lines_in_order() const { return next_; }
  // How much there is in the file.
  std::size_t length() const { return whole_ ? right_.size() : at_; }

 private:
  const convoy::Worker& worker_;
  const std::string& right_;
  const std::size_t most_;
  std::deque<Line> early_;  // lines from `next_` on; without a number: not come yet
  std::int64_t next_ = 0;
  std::string text_;    // not written yet
  std::size_t at_ = 0;  // where to in the file
  bool whole_ = false;
};

// What a worker does: one of the three, or several.
struct Part {
  bool reads, raises, writes;
  int raisers;  // how many workers raise

  static Part of(const convoy::Worker& worker) {
    const int last = worker.count() - 1, index = worker.index();
    return {index == 0, last <= 1 ? index == 0 : index > 0 && index < last, index == last,
            std::max(1, last - 1)};
  }
};
}  // namespace

static void start_anew(const convoy::UniqueFd& file) {
  if (::ftruncate(file.get(), 0) != 0) convoy::throw_errno("ftruncate", kMakeRoom);
}

static void prove_end(convoy::Worker& worker, const Writer& writer, std::int64_t all) {
  worker.report(lost, all - writer.lines_in_order());
  convoy::expect(writer.lines_in_order() == all, worker, "{} of {} lines were lost",
                 all - writer.lines_in_order(), all);
  struct stat state{};
  if (::fstat(worker[target].get(), &state) != 0) convoy::throw_errno("fstat");
  convoy::expect(state.st_size == static_cast<off_t>(writer.length()), worker,
                 "the file has {} bytes instead of {}", state.st_size, writer.length());
}

// Called where a stage has thrown: has the others end, whose queues are closed without a word of
// theirs, and throws on what went wrong here.
static void give_up(const convoy::Worker& worker) {
  try {
    throw;
  } catch (const convoy::QueueClosed&) {
    if (worker[progress].broken.load(std::memory_order_relaxed)) return;
    throw;
  } catch (...) {
    worker[progress].broken.store(true, std::memory_order_relaxed);
    worker[as_read].close();
    worker[in_upper_case].close();
    try {
      throw;
    } catch (const std::system_error& error) {
      if (std::strstr(error.what(), kMakeRoom) != nullptr) throw;
      convoy::throw_error_code(error.code().value(), "reading or writing a scratch file",
                               kMakeRoom);
    }
  }
}

static void report_time(convoy::Worker& worker, const Line& line) {
  if (line.read_at != 0) worker.report(in_pipeline, convoy::now().count() - line.read_at);
}

static bool is_last_raiser(const convoy::Worker& worker, const Part& part) {
  const int before = worker[progress].raisers_done.fetch_add(1, std::memory_order_acq_rel);
  return before + 1 == part.raisers;
}

static convoy::Task run_stages(convoy::Worker& worker, Part part) {
  const std::int64_t all = static_cast<std::int64_t>(worker.remaining()) * worker.count();
  const Text& text = worker[source];
  const int file = worker[target].get();
  convoy::Queue<Line>& before = part.raises ? worker[as_read] : worker[in_upper_case];
  convoy::Queue<Line>& after = part.raises ? worker[in_upper_case] : worker[as_read];
  Reader reader(worker, text.upper.size(), all);
  Writer writer(worker, text.upper);
  try {
    if (part.writes) start_anew(worker[target]);
    for (bool ended = false; !ended;) {
      std::optional<Line> line;
      if (!part.reads) {
        const std::optional<Line> next = co_await before.get_or_end(worker);
        line = next;
      } else if (!reader.has_all()) {
        if (reader.needs_block()) {
          const std::span<char> room = reader.room();
          const std::size_t count = co_await worker.read(text.file.get(), room, reader.offset());
          reader.filled(count);
        }
        line = reader.cut();
      }
      ended = !line;
      if (line) worker.next();
      if (line && part.writes) report_time(worker, *line);
      if (line && part.raises) raise(*line);
      if (line && part.writes) writer.add(*line);
      if (line && !part.writes) co_await after.put(worker, *line);
      while (part.writes) {
        const std::string_view due = writer.due(ended);
        if (due.empty()) break;
        const std::size_t count = co_await worker.write(file, due, writer.offset());
        writer.wrote(count);
      }
      worker.checkpoint();
    }
    if (part.writes) {
      prove_end(worker, writer, all);
      // A moment at the end of a round: the file is no longer than the text.
      const std::span<char> room = reader.room();
      for (std::size_t at = 0; at < writer.length();) {
        const std::size_t count = co_await worker.read(file, room, static_cast<off_t>(at));
        writer.prove(room.data(), count, at);
        at += count;
      }
    } else if (!part.raises || is_last_raiser(worker, part)) {
      after.close();
    }
  } catch (...) {
    give_up(worker);
  }
  while (worker.next()) continue;  // who had fewer lines than others
}

CONVOY_WORKLOAD(pipeline_stages, pipeline, "Read lines, turn them to upper case, write them", lines,
                block, capacity, source, target, as_read, in_upper_case, progress, in_pipeline,
                lost, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{1, 3}}, convoy::UnderFewLocks{}) {
  return run_stages(worker, Part::of(worker));
}
