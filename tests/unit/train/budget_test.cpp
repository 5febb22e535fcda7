// What --budget understands, and what it refuses.
#include "train/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipstill/error.hpp"

namespace clipstill::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::string& text) {
  try {
    parse_budget(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  ADD_FAILURE() << text << " was taken";
  return "";
}

TEST(Budget, IsAShareOrACountAndALatency) {
  const auto both = parse_budget("params=10%,latency=5ms");
  EXPECT_DOUBLE_EQ(*both.share, 0.1);
  EXPECT_FALSE(both.parameters);
  EXPECT_DOUBLE_EQ(*both.latency, 0.005);
  EXPECT_EQ(parse_budget("params=980000").parameters, 980'000);
  EXPECT_EQ(parse_budget("params=980k").parameters, 980'000);
  EXPECT_EQ(parse_budget("params=1.2M").parameters, 1'200'000);
  EXPECT_EQ(parse_budget("params=2.000001M").parameters, 2'000'001);
  EXPECT_DOUBLE_EQ(*parse_budget("params=0.5%").share, 0.005);
  EXPECT_DOUBLE_EQ(*parse_budget("params=100%").share, 1);
  const auto latency = parse_budget("latency=0.25ms");
  EXPECT_DOUBLE_EQ(*latency.latency, 0.00025);
  EXPECT_FALSE(latency.share || latency.parameters);
  EXPECT_EQ(parse_budget("latency=5ms,params=7").parameters, 7);
}

TEST(Budget, SaysWhatItExpected) {
  for (const char* text :
       {"params=", "params=ten", "params=0%", "params=-5%", "params=101%", "params=nan",
        "params=inf", "params=0", "params=1.5", "params=10 %", "params=10%%", "params=5ms",
        "params=1G", "params=0.0001k", "params=1e30"}) {
    EXPECT_THAT(refusal(text),
                AllOf(HasSubstr("10%"), HasSubstr("1.2M"), HasSubstr(std::string(text).substr(7))));
  }
  for (const char* text : {"latency=", "latency=5", "latency=5s", "latency=0ms", "latency=-1ms",
                           "latency=fast", "latency=10%", "latency=5msx"}) {
    EXPECT_THAT(refusal(text), AllOf(HasSubstr("5ms"), HasSubstr(std::string(text).substr(8))));
  }
  EXPECT_THAT(refusal("param=10%"),
              AllOf(HasSubstr("\"param\" is unknown"), HasSubstr("nearest: params")));
  EXPECT_THAT(refusal("memory=1GB"),
              AllOf(HasSubstr("known: params, latency"), Not(HasSubstr("nearest"))));
  for (const char* text : {"", "10%", "params", "params=10%,", "params=10%,,latency=5ms"}) {
    EXPECT_THAT(refusal(text), HasSubstr("params=10%,latency=5ms"));
  }
  EXPECT_THAT(refusal("params=10%,params=1M"), HasSubstr("params is given twice"));
  EXPECT_THAT(refusal("latency=5ms,latency=5ms"), HasSubstr("latency is given twice"));
}

TEST(Budget, AllowsAShareOfTheTeacher) {
  EXPECT_EQ(allowed_parameters(parse_budget("params=10%"), 0.2, 9'833'329), 983'332);
  EXPECT_EQ(allowed_parameters(parse_budget("params=29%"), 0.2, 100), 29);
  EXPECT_EQ(allowed_parameters(parse_budget("latency=5ms"), 0.2, 1000), 200);
  EXPECT_EQ(allowed_parameters(parse_budget("params=5k"), 0.2, 0), 5000);
  for (const char* text : {"params=10%", "latency=5ms"}) {
    try {
      allowed_parameters(parse_budget(text), 0.2, 0);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr("teacher.folder"));
    }
  }
}

}  // namespace
}  // namespace clipstill::train
