#include "harness/work/setup.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "harness/base/check.hpp"
#include "harness/work/descriptor.hpp"

namespace convoy {

int Setup::background_workers() const {
  const ParameterBase* count = workload_->background_count;
  return count == nullptr ? 0 : static_cast<int>(argument(*count));
}

std::int64_t Setup::argument(const ParameterBase& parameter) const {
  const auto& known = workload_->parameters;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] == &parameter) return arguments_[i];
  check_failed("parameter", __FILE__, __LINE__,
               "a workload asked for a parameter it does not declare");
}

UniqueFd Setup::connect_to_peer() const {
  const auto* address = reinterpret_cast<const sockaddr*>(&peer_.address);
  UniqueFd connection(::socket(address->sa_family, peer_.socket_type | SOCK_CLOEXEC, 0));
  if (!connection) throw_errno("socket", "use fewer workers, or raise `ulimit -n`");
  if (::connect(connection.get(), address, peer_.size) != 0)
    throw_errno("connect", "the workload's peer does not answer");
  // Fails, rightly, on all but TCP sockets. The peer does the same: a message goes out when it is
  // sent.
  const int on = 1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

// A file without a name; where the file system knows none, one whose name goes at once.
static UniqueFd open_nameless(const std::string& folder, int flags) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | flags, 0600));
  // ENOENT, too, is how kernels and file systems without them answer.
  if (file || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
  std::string name = folder + "/convoy-XXXXXX";
  file.reset(::mkostemp(name.data(), flags));
  const int error = errno;
  ::unlink(name.c_str());  // made as well where only its flags were refused
  errno = error;
  return file;
}

static bool is_refusal(int error) { return error == EINVAL || error == EOPNOTSUPP; }

// Some file systems open a file so and refuse only what is then read or written. Leaves errno if
// so, else an empty file.
static bool refuses_direct_access(const UniqueFd& file) {
  alignas(4096) char page[4096] = {};
  if ((::pwrite(file.get(), page, sizeof page, 0) < 0 ||
       ::pread(file.get(), page, sizeof page, 0) < 0) &&
      is_refusal(errno))
    return true;
  if (::ftruncate(file.get(), 0) != 0) throw_errno("ftruncate");
  return false;
}

UniqueFd Setup::scratch_file(bool direct) const {
  const char* chosen = std::getenv("CONVOY_SCRATCH");
  const std::string folder = chosen != nullptr ? chosen : "/var/tmp";
  UniqueFd file = open_nameless(folder, O_CLOEXEC | (direct ? O_DIRECT : 0));
  if (direct && (file ? refuses_direct_access(file) : is_refusal(errno)))
    throw_errno("open(O_DIRECT)",
                "this file system refuses it: set CONVOY_SCRATCH to a folder on another one, or "
                "measure with direct=off; tried " +
                    folder);
  if (!file)
    throw_errno("open(O_TMPFILE)", "set CONVOY_SCRATCH to a writable folder; tried " + folder);
  return file;
}

}  // namespace convoy
