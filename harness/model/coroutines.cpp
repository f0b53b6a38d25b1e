// Coroutines on event loops: `carriers` threads, one interpreter lock, and the workers dealt out to
// the loops in turn.
#include "harness/model/crew.hpp"

namespace convoy {
namespace {

const ModelRegistration registration{
    {.name = "coroutines",
     .description =
         "Each worker a coroutine, on the event loop of one carrier thread (or of --carriers)",
     .looped = true,
     .seats = seats_on_carriers,
     .run = run_on_carriers,
     .divisible = true}};

}  // namespace
}  // namespace convoy
