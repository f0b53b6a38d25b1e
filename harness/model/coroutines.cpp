// Coroutines on event loops: `carriers` threads, one interpreter lock, and the workers dealt out to
// the loops in turn.
#include <algorithm>

#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {"coroutines",
     "A coroutine a worker, on the event loop of one carrier thread (or of --carriers of them)",
     true, [](int workers, int carriers) { return std::min(workers, carriers); },
     [](Crew& crew) {
       const auto gil = crew.make_interpreter_lock();
       const auto carrier = [&](int seat) {
         crew.run_seat(seat, *gil, crew.workers_of(seat), true);
       };
       if (crew.plan().seats() == 1) carrier(0);
       else crew.run_threads(carrier);
     }}};

}  // namespace
}  // namespace convoy
