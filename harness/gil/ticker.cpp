#include "harness/gil/ticker.hpp"

#include <csignal>

#include "harness/base/check.hpp"

namespace convoy {

Ticker::~Ticker() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    changed_.signal();
  }
  if (created_) pthread_join(thread_, nullptr);
}

void Ticker::share_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // Fails where there are more CPUs than the set has room for: then the thread stays where it is.
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_OR(&cpus_, &cpus_, &allowed);
  if (created_) pthread_setaffinity_np(thread_, sizeof cpus_, &cpus_);
}

void Ticker::create() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (CPU_COUNT(&cpus_) != 0) pthread_attr_setaffinity_np(&attributes, sizeof cpus_, &cpus_);
  // Signals are for the seats.
  sigset_t all;
  sigfillset(&all);
  pthread_attr_setsigmask_np(&attributes, &all);
  const auto body = [](void* self) -> void* {
    pthread_setname_np(pthread_self(), "lock ticker");
    static_cast<Ticker*>(self)->run();
    return nullptr;
  };
  const int error = pthread_create(&thread_, &attributes, body, this);
  pthread_attr_destroy(&attributes);
  if (error != 0)
    throw_error_code(error, "pthread_create", "use fewer workers, or raise `ulimit -u`");
  created_ = true;
}

void Ticker::run() {
  const std::lock_guard guard(mutex_);
  while (!ending_) {
    if (!ticking_) {
      changed_.wait(mutex_);
      continue;
    }
    // From now on rather than from when the last tick was due: late ticks delay the next ones.
    const nanoseconds due = now() + period_;
    while (!ending_ && now() < due) changed_.wait_until(mutex_, due);
    if (!ending_) ticking_ = tick_();
  }
}

}  // namespace convoy
