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
                                          [](Crew& crew, const std::vector<int>& seats) {
                                            const auto gil = crew.make_interpreter_lock();
                                            crew.run_seat(seats.front(), *gil);
                                          },
                                      .serial = true}};

}  // namespace
}  // namespace convoy
