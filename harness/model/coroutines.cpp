// Coroutines on event loops: `carriers` threads, one interpreter lock, and the workers dealt out to
// the loops in turn.
#include <algorithm>

#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {.name = "coroutines",
     .description =
         "A coroutine a worker, on the event loop of one carrier thread (or of --carriers of them)",
     .looped = true,
     .seats = [](int workers, int carriers) { return std::min(workers, carriers); },
     .run =
         [](Crew& crew, const std::vector<int>& seats) {
           const auto gil = crew.make_interpreter_lock();
           if (seats.size() == 1) crew.run_seat(seats.front(), *gil);
           else crew.run_threads(seats, [&](int seat) { crew.run_seat(seat, *gil); });
         },
     .divisible = true}};

}  // namespace
}  // namespace convoy
