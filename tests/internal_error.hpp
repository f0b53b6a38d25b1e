// For EXPECT_EXIT: how a process ends that breaks an invariant of the harness.
#pragma once

#include <gtest/gtest.h>

#include "harness/base/check.hpp"

namespace convoy {

inline const testing::ExitedWithCode kInternalError{static_cast<int>(ExitCode::internal)};

}  // namespace convoy
