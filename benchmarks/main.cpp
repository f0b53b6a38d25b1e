// The program that measures: `convoy-bench`, behind `scripts/convoy` and on its own.
#include "harness/cli/verb.hpp"

int main(int argc, char** argv) { return convoy::run_program(argc, argv); }
