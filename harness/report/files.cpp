// Writing a file whole or not at all.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/report/json.hpp"

namespace convoy {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const char* call) {
  const int error = errno;
  const char* advice = error == ENOSPC || error == EDQUOT
                           ? "free some space, or write elsewhere with --json FILE"
                           : "choose another file with --json FILE";
  throw UsageError(fmt::format("cannot write {}: {}: {}; {}", path.string(), call,
                               std::strerror(error), advice));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// A temporary file beside the target that is removed unless it was renamed.
class Draft {
 public:
  explicit Draft(const fs::path& target) : target_(target) {
    std::error_code ignored;
    fs::create_directories(folder_of(target), ignored);
    name_ = (folder_of(target) / fmt::format(".{}.XXXXXX", target.filename().string())).string();
    fd_.reset(::mkostemp(name_.data(), O_CLOEXEC));
    if (!fd_) refuse(target, "open");
    created_ = true;
  }
  Draft(const Draft&) = delete;
  ~Draft() {
    if (created_) ::unlink(name_.c_str());
  }

  void write(const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t n = ::write(fd_.get(), text.data() + written, text.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) refuse(target_, "write");
      written += static_cast<std::size_t>(n);
    }
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(fd_.get(), 0666 & ~mask);  // mkostemp makes it private
    if (::fsync(fd_.get()) != 0) refuse(target_, "fsync");
  }

  void replace_target() {
    if (::rename(name_.c_str(), target_.c_str()) != 0) refuse(target_, "rename");
    created_ = false;
    // The new name itself must survive a crash too; a folder that cannot be flushed is no reason to
    // fail.
    const UniqueFd folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) ::fsync(folder.get());
  }

 private:
  const fs::path& target_;
  std::string name_;
  UniqueFd fd_;
  bool created_ = false;
};

}  // namespace

fs::path track_path(const fs::path& path) {
  fs::path track = path;
  return track.replace_extension(".track.json");
}

void write_atomically(const fs::path& path, const std::string& text) {
  Draft draft(path);
  draft.write(text);
  draft.replace_target();
}

void check_writable(const fs::path& path) {
  if (fs::is_directory(path))
    throw UsageError(fmt::format("cannot write {}: it is a folder; name a file, such as {}",
                                 path.string(), (path / "result.json").string()));
  Draft draft(path);
}

}  // namespace convoy
