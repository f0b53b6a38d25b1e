// A thread of the operating system a worker, and one interpreter lock for all of an interpreter's.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {.name = "threads",
     .description = "Each worker an OS thread; all threads of a process share one interpreter lock",
     .looped = false,
     .seats = [](int workers, int) { return workers; },
     .run =
         [](Crew& crew, const std::vector<int>& seats) {
           const auto gil = crew.make_interpreter_lock();
           crew.run_threads(seats, [&](int seat) { crew.run_seat(seat, *gil); });
         },
     .divisible = true}};

}  // namespace
}  // namespace convoy
