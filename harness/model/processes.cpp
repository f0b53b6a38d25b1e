// A forked process a worker, each with an interpreter lock of its own, as in CPython's
// multiprocessing.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {.name = "processes",
     .description = "Each worker a forked process with an interpreter lock of its own",
     .looped = false,
     .seats = [](int workers, int) { return workers; },
     .run =
         [](Crew& crew, const std::vector<int>& seats) {
           const auto gil = crew.make_interpreter_lock();
           crew.run_seat(seats.front(), *gil);
         },
     .own_locks = true}};

}  // namespace
}  // namespace convoy
