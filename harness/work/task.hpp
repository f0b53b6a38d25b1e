// The coroutine a workload's body is: started by hand, once, and finished without being destroyed.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

namespace convoy {

// Owns one coroutine frame. Created suspended; resumed by a model from the seat's thread. Under
// blocking models one resume() runs it to its end. Destroyed by whoever holds it, also while
// suspended.
class Task {
 public:
  struct promise_type;
  // Counts the ends of the tasks that were told of it; written by the thread that resumes them.
  struct Ends {
    std::size_t finished = 0;
    promise_type* failed = nullptr;  // the first whose body threw
  };

  struct promise_type {
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {
      if (ends != nullptr) ++ends->finished;
      // Relaxed: told to whoever looks, nothing is read through it.
      if (done != nullptr) done->store(true, std::memory_order_relaxed);
    }
    void unhandled_exception() noexcept {
      failure = std::current_exception();
      return_void();
      if (ends != nullptr && ends->failed == nullptr) ends->failed = this;
    }

    std::exception_ptr failure;
    Ends* ends = nullptr;
    std::atomic<bool>* done = nullptr;
  };

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  std::coroutine_handle<> handle() const { return handle_; }
  bool done() const { return handle_.done(); }
  void resume() { handle_.resume(); }
  // Both before the first resume.
  void count_end_in(Ends& ends) { handle_.promise().ends = &ends; }
  void tell_end_in(std::atomic<bool>& done) { handle_.promise().done = &done; }
  // Throws what the body threw, if it did. Call when done().
  void rethrow() const {
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

}  // namespace convoy
