// Writing a file so that it lasts: each write is flushed to the disk before the next.
#include <span>
#include <stdexcept>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB, convoy::operator""_MiB;

static const convoy::Parameter bytes{"bytes", 4_KiB, "Length of one write", 512_B, 16_MiB};
static const convoy::Flag direct{"direct", false, "Bypass the page cache (O_DIRECT)"};

namespace {
// Whole pages, because direct writes accept nothing else.
struct alignas(4096) Page {
  std::uint64_t words[512];
};
}  // namespace

static const convoy::Local<convoy::UniqueFd> file{[](const convoy::Setup& setup, int) {
  if (setup[direct] && setup[bytes].count % 4096 != 0)
    throw std::invalid_argument("direct writes are of whole pages: make bytes a multiple of 4KiB");
  return setup.scratch_file(setup[direct]);
}};

static const convoy::Local<std::vector<Page>> pages{[](const convoy::Setup& setup, int) {
  return std::vector<Page>(static_cast<std::size_t>(setup[bytes].count + 4095) / sizeof(Page));
}};

constexpr std::size_t places = 64;  // the file stays as small as so many writes

CONVOY_WORKLOAD(io_file_write, io, "Write to a file and flush it", bytes, direct, file, pages,
                convoy::Throughput{bytes}) {
  const auto length = static_cast<std::size_t>(worker[bytes].count);
  const std::span<char> buffer(reinterpret_cast<char*>(worker[pages].data()), length);
  const int fd = worker[file].get();
  std::uint64_t& first = worker[pages][0].words[0];
  for (std::uint64_t number = 0; worker.next(); ++number) {
    first = number * 1'000 + static_cast<std::uint64_t>(worker.index());
    const auto place = static_cast<off_t>(number % places * length);
    const std::size_t count = co_await worker.write(fd, buffer, place);
    co_await worker.fsync(fd);
    worker.keep(count);
  }
  // What the file begins with afterwards: the last write there.
  const std::size_t count = co_await worker.read(fd, buffer, 0);
  worker.keep(count);
  worker.keep(first);
}
