// As many objects of one kind as a workload needs, for pairs and rings of workers.
#pragma once

#include "harness/sync/object.hpp"

namespace convoy {

// A fixture's object that holds `count` of them, named after it and numbered; kMostObjects of a
// crew in all, or WaitTable::add() throws. Used as the objects themselves are.
//   const Synced<Each<Event>> doors{"door", [](const Setup& setup) { return setup.workers(); }};
//   Event& mine = worker[doors][worker.index()];
template <class Object>
class Each {
  static_assert(std::is_trivially_destructible_v<Object>);

 public:
  Each(const ObjectPlace& place, std::int64_t count) : count_(static_cast<int>(count)) {
    for (int i = 0; i < count_; ++i) {
      const std::string name = std::string(place.name) + ' ' + std::to_string(i);
      new (&(*this)[i]) Object(ObjectPlace{place.table, name.c_str()});
    }
  }
  Object& operator[](int index) { return *(reinterpret_cast<Object*>(storage_) + index); }
  void reset() {
    for (int i = 0; i < count_; ++i) (*this)[i].reset();
  }

 private:
  int count_;
  alignas(Object) std::byte storage_[sizeof(Object) * kMostObjects];
};

}  // namespace convoy
