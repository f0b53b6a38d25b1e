// Writing a file whole or not at all.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/report/json.hpp"

namespace convoy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileOption = "--json FILE";

[[noreturn]] void refuse(const fs::path& path, const char* call, const char* option) {
  const int error = errno;
  const char* advice = error == ENOSPC || error == EDQUOT ? "free some space, or write elsewhere"
                       : std::string_view(option) == kFileOption ? "choose another file"
                                                                 : "choose another folder";
  throw UsageError(fmt::format("cannot write {}: {}: {}; {} with {}", path.string(), call,
                               std::strerror(error), advice, option));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Devices and pipes, such as /dev/null, are written to; only files are replaced.
bool is_replaceable(const fs::path& path) {
  std::error_code ignored;
  return !fs::exists(path, ignored) || fs::is_regular_file(path, ignored);
}

void write_all(int fd, const std::string& text, const fs::path& path, const char* option) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t n = ::write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(path, "write", option);
    written += static_cast<std::size_t>(n);
  }
}

// A temporary file beside the target that is removed unless it was renamed.
class Draft {
 public:
  Draft(const fs::path& target, const char* option) : target_(target), option_(option) {
    std::error_code ignored;
    fs::create_directories(folder_of(target), ignored);
    name_ = (folder_of(target) / fmt::format(".{}.XXXXXX", target.filename().string())).string();
    fd_.reset(::mkostemp(name_.data(), O_CLOEXEC));
    if (!fd_) refuse(target, "open", option);
    created_ = true;
  }
  Draft(const Draft&) = delete;
  ~Draft() {
    if (created_) ::unlink(name_.c_str());
  }

  void write(const std::string& text) {
    write_all(fd_.get(), text, target_, option_);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(fd_.get(), 0666 & ~mask);  // mkostemp makes it private
    if (::fsync(fd_.get()) != 0) refuse(target_, "fsync", option_);
  }

  void replace_target() {
    if (::rename(name_.c_str(), target_.c_str()) != 0) refuse(target_, "rename", option_);
    created_ = false;
    // The new name itself must survive a crash too; a folder that cannot be flushed is no reason to
    // fail.
    const UniqueFd folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) ::fsync(folder.get());
  }

 private:
  // None comes between a draft and its removal. First, so that it is let go last.
  InterruptionsHeld held_;
  const fs::path& target_;
  const char* option_;
  std::string name_;
  UniqueFd fd_;
  bool created_ = false;
};

// A new file; never through a link. Removed again unless all of it was written.
bool write_new(const fs::path& path, const UniqueFd& fd, const std::string& text) {
  if (!fd) return false;
  try {
    write_all(fd.get(), text, path, kFileOption.data());
    if (::fsync(fd.get()) == 0) return true;
  } catch (const UsageError&) {
    // The caller knows another folder.
  }
  ::unlink(path.c_str());
  return false;
}

}  // namespace

std::optional<fs::path> write_privately(const fs::path& folder, const std::string& result,
                                        const std::string& track) {
  constexpr std::string_view kEnding = ".json";
  const InterruptionsHeld held;  // none comes between a file and its removal
  std::string name = (folder / "convoy-XXXXXX").string().append(kEnding);
  // Both open with O_CREAT and O_EXCL, which follow no link.
  const UniqueFd file(::mkostemps(name.data(), static_cast<int>(kEnding.size()), O_CLOEXEC));
  if (!write_new(name, file, result)) return {};
  const fs::path beside = track_path(name);
  const UniqueFd other(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (write_new(beside, other, track)) return name;
  ::unlink(name.c_str());
  return {};
}

fs::path track_path(const fs::path& path) {
  fs::path track = path;
  return track.replace_extension(".track.json");
}

void write_atomically(const fs::path& path, const std::string& text, const char* option) {
  if (!is_replaceable(path)) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) refuse(path, "open", option);
    return write_all(fd.get(), text, path, option);
  }
  std::error_code dangling;  // a link stays, and what it leads to is replaced
  const fs::path real = fs::is_symlink(path, dangling) ? fs::canonical(path, dangling) : path;
  const fs::path target = real.empty() ? path : real;  // drafts keep a reference
  Draft draft(target, option);
  draft.write(text);
  draft.replace_target();
}

void check_writable(const fs::path& path, const char* option) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    throw UsageError(fmt::format("cannot write {}: it is a folder; name a file, such as {}",
                                 path.string(), (path / "result.json").string()));
  if (is_replaceable(path)) Draft draft(path, option);
}

}  // namespace convoy
