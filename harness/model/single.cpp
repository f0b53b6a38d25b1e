// One thread that does one worker's budget after another's: what all other models are compared
// with.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{{.name = "single",
                                      .description = "One worker after another on one thread",
                                      .looped = false,
                                      .seats = [](int, int) { return 1; },
                                      .run =
                                          [](Crew& crew) {
                                            const auto gil = crew.make_interpreter_lock();
                                            crew.run_seat(0, *gil, crew.workers_of(0), false);
                                          },
                                      .serial = true}};

}  // namespace
}  // namespace convoy
