// Reading a file here and there: out of the page cache, or with `direct` from the disk.
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB, convoy::operator""_MiB;

static const convoy::Parameter bytes{"bytes", 16_KiB, "Length of one read", 512_B, 16_MiB};
static const convoy::Parameter size{"size", 16_MiB, "Length of the file", 16_MiB, 65'536_MiB};
static const convoy::Flag direct{"direct", false, "Bypass the page cache (O_DIRECT)"};

namespace {
// Whole pages, because direct reads accept nothing else.
struct alignas(4096) Page {
  std::uint64_t words[512];
};
}  // namespace

// One file for all workers, full of pseudo-random words.
static const convoy::Shared<convoy::UniqueFd> file{[](const convoy::Setup& setup) {
  if (setup[direct] && setup[bytes].count % 4096 != 0)
    throw std::invalid_argument("direct reads are of whole pages: make bytes a multiple of 4KiB");
  convoy::UniqueFd made = setup.scratch_file(setup[direct]);
  std::mt19937_64 random;
  std::vector<Page> pages(64);
  const std::size_t length = pages.size() * sizeof(Page);
  for (off_t at = 0; at < setup[size].count; at += static_cast<off_t>(length)) {
    for (Page& page : pages) std::generate_n(page.words, 512, std::ref(random));
    if (::pwrite(made.get(), pages.data(), length, at) != static_cast<ssize_t>(length))
      throw std::system_error(errno, std::generic_category(),
                              "pwrite (make room, or choose a smaller size)");
  }
  return made;
}};

static const convoy::Local<std::vector<Page>> pages{[](const convoy::Setup& setup, int) {
  return std::vector<Page>(static_cast<std::size_t>(setup[bytes].count + 4095) / sizeof(Page));
}};

CONVOY_WORKLOAD(io_file_read, io, "Read a piece of a file", bytes, size, direct, file, pages,
                convoy::Throughput{bytes}) {
  const auto length = static_cast<std::size_t>(worker[bytes].count);
  const std::size_t places = static_cast<std::size_t>(worker[size].count) / length;
  const std::span<char> buffer(reinterpret_cast<char*>(worker[pages].data()), length);
  std::mt19937_64 random(static_cast<std::uint64_t>(worker.index()));
  while (worker.next()) {
    const auto place = static_cast<off_t>(random() % places * length);
    const std::size_t count = co_await worker.read(worker[file].get(), buffer, place);
    worker.keep(count);
    worker.keep(worker[pages][0].words[0]);
  }
}
