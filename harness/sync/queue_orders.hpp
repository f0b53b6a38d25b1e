// In which order a queue gives back its items: first in first out, last in first out, or by
// priority.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace convoy {

// Each holds so many items at most, in memory that the queue gives it, bytes(items) of it, and
// is used under the queue's lock; put() only while size() is below that number, take() only above
// 0. The item is there before the one word that counts it, and is copied before that word forgets
// it: who dies in between leaves a queue from before or after. (A heap that is being mended is in
// disorder meanwhile, but whole; nobody reads it, since the crew of a worker that died ends.)

// Queue's: the first put is the first got.
template <class T>
class FirstInFirstOut {
 public:
  static constexpr const char* kKind = "queue";
  static std::size_t bytes(std::int64_t items) { return sizeof(T) * cells(items); }
  FirstInFirstOut(std::byte* memory, std::int64_t items)
      : cells_(reinterpret_cast<T*>(memory)), mask_(cells(items) - 1) {}

  std::uint64_t size() const { return put_ - taken_; }
  void put(const T& item) {
    cells_[put_ & mask_] = item;
    ++put_;
  }
  T take() {
    const T item = cells_[taken_ & mask_];
    ++taken_;
    return item;
  }
  void clear() { put_ = taken_ = 0; }

 private:
  static std::uint64_t cells(std::int64_t items) {
    return std::bit_ceil(static_cast<std::uint64_t>(items));
  }

  T* cells_;
  std::uint64_t mask_;
  std::uint64_t put_ = 0, taken_ = 0;  // ever
};

// LifoQueue's: the last put is the first got.
template <class T>
class LastInFirstOut {
 public:
  static constexpr const char* kKind = "lifo queue";
  static std::size_t bytes(std::int64_t items) {
    return sizeof(T) * static_cast<std::size_t>(items);
  }
  LastInFirstOut(std::byte* memory, std::int64_t /*items*/)
      : cells_(reinterpret_cast<T*>(memory)) {}

  std::uint64_t size() const { return size_; }
  void put(const T& item) {
    cells_[size_] = item;
    ++size_;
  }
  T take() {
    const T item = cells_[size_ - 1];
    --size_;
    return item;
  }
  void clear() { size_ = 0; }

 private:
  T* cells_;
  std::uint64_t size_ = 0;
};

// PriorityQueue's: the smallest by operator< is got first, and of equals the first put.
template <class T>
class SmallestFirst {
 public:
  static constexpr const char* kKind = "priority queue";
  static std::size_t bytes(std::int64_t items) {
    return sizeof(Cell) * static_cast<std::size_t>(items);
  }
  SmallestFirst(std::byte* memory, std::int64_t /*items*/)
      : cells_(reinterpret_cast<Cell*>(memory)) {}

  std::uint64_t size() const { return size_; }
  void put(const T& item) {
    cells_[size_] = {item, ever_++};
    ++size_;
    std::push_heap(cells_, cells_ + size_, later);
  }
  T take() {
    std::pop_heap(cells_, cells_ + size_, later);
    const T item = cells_[size_ - 1].item;
    --size_;
    return item;
  }
  void clear() { size_ = ever_ = 0; }

 private:
  struct Cell {
    T item;
    std::uint64_t number;  // tells equals apart: the sooner put has the smaller
  };
  static bool later(const Cell& a, const Cell& b) {
    if (b.item < a.item) return true;
    return !(a.item < b.item) && b.number < a.number;
  }

  Cell* cells_;
  std::uint64_t size_ = 0, ever_ = 0;
};

}  // namespace convoy
