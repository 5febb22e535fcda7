// EXPECT that a statement throws clipstill::Error with a code and words in its message.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"

namespace clipstill {

template <class Statement>
void expect_error(ErrorCode code, const std::vector<std::string>& words, Statement statement) {
  try {
    statement();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const auto& word : words) EXPECT_THAT(error.what(), testing::HasSubstr(word));
    return;
  }
  ADD_FAILURE() << "expected an Error, nothing was thrown";
}

}  // namespace clipstill
