// Fibers on event loops, as gevent has them: as coroutines, but each worker has a stack of its own,
// so that its body never suspends and may wait below any call.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {.name = "fibers",
     .description = "Each worker a stackful coroutine, on the event loop of one carrier thread (or "
                    "of --carriers)",
     .looped = true,
     .seats = seats_on_carriers,
     .run = run_on_carriers,
     .divisible = true,
     .stackful = true,
     .in_quick = false}};

}  // namespace
}  // namespace convoy
