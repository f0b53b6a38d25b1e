// First-in, first-out queues of waits, linked through the waits themselves.
#pragma once

#include <utility>

#include "harness/work/operation.hpp"

namespace convoy {

// Never allocates. A wait is in one queue at a time. Used by one thread.
template <class Element>
class QueueOf {
 public:
  bool empty() const { return first_ == nullptr; }
  Element* front() const { return static_cast<Element*>(first_); }
  // The youngest of some.
  Element* back() const { return static_cast<Element*>(last_); }

  void push(Element& element) {
    element.next = nullptr;
    if (first_ == nullptr) first_ = &element;
    else last_->next = &element;
    last_ = &element;
  }
  // The oldest, or null.
  Element* pop() {
    Suspension* const oldest = first_;
    if (oldest != nullptr) first_ = oldest->next;
    return static_cast<Element*>(oldest);
  }
  // Everything, leaving nothing.
  QueueOf take() {
    QueueOf taken = *this;
    first_ = nullptr;
    return taken;
  }
  void append(QueueOf other) {
    if (other.empty()) return;
    if (first_ == nullptr) first_ = other.first_;
    else last_->next = other.first_;
    last_ = other.last_;
  }

 private:
  Suspension* first_ = nullptr;
  Suspension* last_ = nullptr;  // meaningless while empty
};

using SuspensionQueue = QueueOf<Suspension>;
using OperationQueue = QueueOf<Operation>;

}  // namespace convoy
