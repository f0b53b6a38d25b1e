// One thread that does one worker's budget after another's: what all other models are compared
// with.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{{"single", "One worker after another on one thread", false,
                                      [](int, int) { return 1; },
                                      [](Crew& crew) {
                                        const auto gil = crew.make_interpreter_lock();
                                        crew.run_seat(0, *gil, crew.workers_of(0), false);
                                      }}};

}  // namespace
}  // namespace convoy
