#include "harness/work/wait_table.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>

namespace convoy {
namespace {

constexpr std::size_t round_up(std::size_t size) { return (size + 127) / 128 * 128; }

template <std::size_t size>
void copy(std::array<char, size>& to, std::string_view from) {
  from.substr(0, size - 1).copy(to.data(), size - 1);
}

}  // namespace

WaitTable::WaitTable(int workers, const Crew& crew)
    : workers_(workers),
      crew_(crew),
      mapping_(round_up(sizeof(Header)) + sizeof(ObjectSlot) * kMostObjects +
               sizeof(WaitSlot) * static_cast<std::size_t>(workers)) {
  new (mapping_.data()) Header;
  for (int i = 0; i < workers; ++i) new (&slot(i)) WaitSlot;
}

ObjectSlot& WaitTable::add(std::string_view name, std::string_view kind, FreedBy freed_by) {
  if (objects() == kMostObjects)
    throw std::length_error("a workload has more than " + std::to_string(kMostObjects) +
                            " objects that workers wait for each other on: use fewer");
  const auto index = static_cast<std::uint16_t>(header().objects++);
  ObjectSlot& slot = *new (&object(index)) ObjectSlot;
  copy(slot.name, name);
  copy(slot.kind, kind);
  slot.freed_by = freed_by;
  slot.index = index;
  return slot;
}

ObjectSlot& WaitTable::object(int index) const {
  auto* const first = static_cast<std::byte*>(mapping_.data()) + round_up(sizeof(Header));
  return reinterpret_cast<ObjectSlot*>(first)[index];
}

WaitSlot& WaitTable::slot(int worker) const {
  return reinterpret_cast<WaitSlot*>(&object(kMostObjects))[worker];
}

void WaitTable::note_order(int held, int taken, int worker) {
  auto& first = header().orders[static_cast<std::size_t>(held)][static_cast<std::size_t>(taken)];
  if (first.load(std::memory_order_relaxed) == 0)
    first.store(static_cast<std::uint32_t>(worker) + 1, std::memory_order_relaxed);
}

int WaitTable::ordered_by(int held, int taken) const {
  const auto& first =
      header().orders[static_cast<std::size_t>(held)][static_cast<std::size_t>(taken)];
  return static_cast<int>(first.load(std::memory_order_relaxed)) - 1;
}

}  // namespace convoy
