// Allocating and freeing blocks in no order, as programs do that keep objects for a while.
// lint: long because every block is checked, and freed whatever happens
#include <cstdlib>
#include <utility>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;

// Beyond 128 KiB glibc begins to map blocks one by one and to give memory back to the kernel.
static const convoy::Parameter bytes{"bytes", 64_B, "Length of the largest block", 16_B, 64_MiB};
static const convoy::Parameter kept{"kept", 64, "Blocks that a worker holds at a time", 1,
                                    1'000'000};

constexpr int kBlocks = 32;  // freed and allocated in an operation: 1 us of small ones

namespace {
// A block that holds its own address at both ends as long as nobody else writes there.
class Block {
 public:
  explicit Block(std::size_t words) : begin_(allocate(words)), last_(begin_ + words - 1) { mark(); }
  Block(Block&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), last_(other.last_) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(last_, other.last_);
    return *this;
  }
  ~Block() { std::free(begin_); }
  bool whole() const { return *begin_ == address() && *last_ == address(); }

 private:
  static std::uint64_t* allocate(std::size_t words) {
    auto* const block = static_cast<std::uint64_t*>(std::malloc(words * sizeof(std::uint64_t)));
    if (block == nullptr) convoy::throw_errno("malloc", "use a smaller mem_malloc.bytes or .kept");
    return block;
  }
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(begin_); }
  void mark() { *begin_ = *last_ = address(); }

  std::uint64_t* begin_;
  std::uint64_t* last_;
};

// Blocks of half the length to all of it, so that they do not simply fit where another was.
struct Heap {
  std::vector<Block> blocks = {};
  std::uint64_t state = 1;
  std::size_t most_words = 2;

  std::uint64_t random() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
  Block block() { return Block(most_words - random() % (most_words / 2 + 1)); }
  int replace_some() {
    int whole = 0;
    for (int i = 0; i < kBlocks; ++i) {
      Block& old = blocks[random() % blocks.size()];
      whole += old.whole() ? 1 : 0;
      old = block();
    }
    return whole;
  }
};
}  // namespace

static const convoy::Local<Heap> heap{[](const convoy::Setup& setup, int worker) {
  Heap made{.state = static_cast<std::uint64_t>(worker) + 1,
            .most_words = static_cast<std::size_t>(setup[bytes].count) / sizeof(std::uint64_t)};
  for (std::int64_t i = 0; i < setup[kept]; ++i) made.blocks.push_back(made.block());
  return made;
}};

CONVOY_WORKLOAD(mem_malloc, mem, "Free memory blocks and allocate new ones", bytes, kept, heap,
                convoy::UsualValues{bytes, {"64", "256KiB"}}, convoy::UnderFewLocks{}) {
  std::int64_t whole = 0;
  while (worker.next()) {
    whole += worker[heap].replace_some();
    worker.checkpoint();
  }
  worker.keep(whole);
  co_return;
}
