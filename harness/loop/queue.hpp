// A first-in, first-out queue of waits, linked through the waits themselves.
#pragma once

#include <utility>

#include "harness/work/operation.hpp"

namespace convoy {

// Never allocates. An operation is in one queue at a time. Used by one thread.
class OperationQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  Operation* front() const { return first_; }

  void push(Operation& operation) {
    operation.next = nullptr;
    if (first_ == nullptr) first_ = &operation;
    else last_->next = &operation;
    last_ = &operation;
  }
  // The oldest, or null.
  Operation* pop() {
    Operation* const operation = first_;
    if (operation != nullptr) first_ = operation->next;
    return operation;
  }
  // Everything, leaving nothing.
  OperationQueue take() {
    OperationQueue taken = *this;
    first_ = nullptr;
    return taken;
  }
  void append(OperationQueue other) {
    if (other.empty()) return;
    if (first_ == nullptr) first_ = other.first_;
    else last_->next = other.first_;
    last_ = other.last_;
  }

 private:
  Operation* first_ = nullptr;
  Operation* last_ = nullptr;  // meaningless while empty
};

}  // namespace convoy
