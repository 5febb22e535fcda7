#include <gtest/gtest.h>

#include <map>

#include "../core/expect_error.h"
#include "distill/loss.h"

namespace clipstill::distill {
namespace {

TEST(LossRegistry, KnowsEveryLossOnce) {
  std::vector<std::pair<std::string, bool>> known;
  for (const auto& spec : make_loss_specs())
    known.emplace_back(spec->name(), spec->needs_teacher());
  EXPECT_EQ(known, (std::vector<std::pair<std::string, bool>>{{"ce", false},
                                                              {"style", false},
                                                              {"kl", true},
                                                              {"fd", true},
                                                              {"icl", true},
                                                              {"dkd", true},
                                                              {"gd", true},
                                                              {"similarity", true},
                                                              {"afd", true}}));
}

TEST(LossRegistry, OnlyTheTaskLossIsOnAtFirst) {
  for (const auto& spec : make_loss_specs()) {
    EXPECT_EQ(spec->active(), spec->name() == "ce") << spec->name();
    EXPECT_EQ(spec->schedule.at(0, 100), spec->name() == "ce" ? 1 : 0) << spec->name();
  }
}

TEST(LossSpec, DeclaresItsOptionsUnderItsName) {
  const auto specs = make_loss_specs();
  const std::map<std::string, StringList> own{
      {"ce", {"hard_negatives"}},
      {"style", {"temperature"}},
      {"kl", {"temperature", "image_weight", "text_weight"}},
      {"fd", {"image_weight", "text_weight"}},
      {"dkd", {"temperature", "alpha", "beta"}}};
  OptionSet set;
  StringList expected;
  for (const auto& spec : specs) {
    spec->declare(set);
    for (const auto* option : {"weight", "final_weight", "start", "end"}) {
      expected.push_back("loss." + spec->name() + "." + option);
    }
    if (own.count(spec->name()) == 0) continue;
    for (const auto& option : own.at(spec->name())) {
      expected.push_back("loss." + spec->name() + "." + option);
    }
  }
  StringList keys;
  for (const auto& option : set.specs()) keys.push_back(option->key);
  EXPECT_EQ(keys, expected);
}

TEST(LossSpec, OptionsReachTheSchedule) {
  const auto spec = make_fd();
  OptionSet set;
  spec->declare(set);
  set.assign_override("loss.fd.final_weight=6");
  EXPECT_TRUE(spec->active());  // it starts later
  set.assign_override("loss.fd.weight=2");
  set.assign_override("loss.fd.start=0.5");
  set.assign_override("loss.fd.end=0.75");
  EXPECT_DOUBLE_EQ(spec->schedule.at(4, 8), 2);
  EXPECT_DOUBLE_EQ(spec->schedule.at(5, 8), 4);
  EXPECT_DOUBLE_EQ(spec->schedule.at(6, 8), 6);
}

TEST(LossSpec, AMeanOfNothingIsRefused) {
  for (const std::string loss : {"kl", "fd"}) {
    for (const auto& spec : make_loss_specs()) {
      if (spec->name() != loss) continue;
      OptionSet set;
      spec->declare(set);
      set.assign_override("loss." + loss + ".image_weight=0");
      EXPECT_NE(spec->make({4, 4}), nullptr);
      set.assign_override("loss." + loss + ".text_weight=0");
      expect_error(ErrorCode::kUsage,
                   {"loss." + loss + ".image_weight", "loss." + loss + ".text_weight", "both 0"},
                   [&] {
                     spec->make({4, 4});
                   });
    }
  }
}

TEST(LossSpec, ValuesOutOfRangeAreRefused) {
  const auto spec = make_kl();
  OptionSet set;
  spec->declare(set);
  for (const auto* assignment : {"loss.kl.temperature=0", "loss.kl.weight=-1", "loss.kl.start=1.5",
                                 "loss.kl.final_weight=-2"}) {
    const std::string key(assignment, std::string(assignment).find('='));
    expect_error(ErrorCode::kUsage, {key}, [&] { set.assign_override(assignment); });
  }
}

}  // namespace
}  // namespace clipstill::distill
