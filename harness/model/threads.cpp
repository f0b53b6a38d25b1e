// A thread of the operating system a worker, and one interpreter lock for all of them.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {"threads", "An OS thread a worker, one interpreter lock for all", false,
     [](int workers, int) { return workers; },
     [](Crew& crew) {
       const auto gil = crew.make_interpreter_lock();
       crew.run_threads([&](int seat) { crew.run_seat(seat, *gil, crew.workers_of(seat), false); });
     }}};

}  // namespace
}  // namespace convoy
