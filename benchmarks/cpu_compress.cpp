// Compression by zlib: native code that always drops the interpreter lock, as CPython's does.
#include <zlib.h>

#include <stdexcept>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB, convoy::operator""_MiB;

static const convoy::Parameter bytes{"bytes", 2_KiB, "Length of one text", 64_B, 64_MiB};
static const convoy::Parameter level{"level", 6, "How hard zlib tries", 0, 9};
static const convoy::Flag native{"native", true, "Release the lock while compressing"};

static const char text[] =
#include "benchmarks/data/packages.inc"
    ;
namespace {
struct Buffers {
  std::vector<Bytef> plain, packed, unpacked;
  uLongf packed_size = 0;
};
}  // namespace
// Each worker starts elsewhere in the text, which is repeated as often as it takes.
static const convoy::Local<Buffers> buffers{[](const convoy::Setup& setup, int worker) {
  Buffers made;
  const auto size = static_cast<std::size_t>(setup[bytes].count);
  for (auto i = static_cast<std::size_t>(worker) * 4093; made.plain.size() < size; ++i)
    made.plain.push_back(static_cast<Bytef>(text[i % (sizeof text - 1)]));
  made.packed.resize(compressBound(size));
  made.unpacked.resize(size);
  return made;
}};

static void pack(Buffers& it, int effort) {
  it.packed_size = it.packed.size();
  if (compress2(it.packed.data(), &it.packed_size, it.plain.data(), it.plain.size(), effort) != 0)
    throw std::runtime_error("compress2 found no memory: use fewer workers or fewer bytes");
}

static bool comes_back(Buffers& it) {
  uLongf size = it.unpacked.size();
  uncompress(it.unpacked.data(), &size, it.packed.data(), it.packed_size);
  return size == it.plain.size() && it.unpacked == it.plain;
}

CONVOY_WORKLOAD(cpu_compress, cpu, "Compress a text with zlib", bytes, level, native, buffers,
                convoy::Throughput{bytes}) {
  Buffers& it = worker[buffers];
  const int effort = static_cast<int>(worker[level]);
  for (Bytef letter = 'a'; worker.next(); letter = letter == 'z' ? 'a' : Bytef(letter + 1)) {
    it.plain[0] = letter;  // so that no two texts in a row are the same
    if (worker[native]) worker.native([&it, effort] { pack(it, effort); });
    else pack(it, effort);
    worker.keep(it.packed_size);
    worker.checkpoint();
  }
  worker.keep(comes_back(it));
  co_return;
}
