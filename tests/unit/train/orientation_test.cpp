// data.apply_orientation in what a run keeps: the model's preprocessing and the cache's identity.
#include <gtest/gtest.h>

#include "../core/scratch_folder.h"
#include "tiny_models.h"
#include "train/config.h"
#include "train/teacher.h"

namespace clipstill::train {
namespace {

RunData data_of(bool apply_orientation) {
  const auto source = std::make_shared<data::MemoryPairs>(data::numbered_records(2));
  const data::PairSet set(source, {0, 1}, {}, {}, apply_orientation);
  return {set, set, set};
}

TEST(RunOrientation, TheStudentKeepsItAndTheCacheDependsOnIt) {
  const ScratchFolder scratch;
  const auto teacher = tiny_model(tiny_data(), 1);
  save_model(scratch / "teacher", teacher, named_tensors(*teacher.network));
  RunConfig config;
  config.teacher.folder = scratch / "teacher";
  config.train.views = 2;
  const auto stored = teachers_of(config, data_of(false)).front().identity;
  auto turned = teachers_of(config, data_of(true)).front().identity;
  EXPECT_NE(turned.fingerprints.at("preprocessing"), stored.fingerprints.at("preprocessing"));
  turned.fingerprints["preprocessing"] = stored.fingerprints.at("preprocessing");
  EXPECT_EQ(turned.fingerprints, stored.fingerprints);  // nothing else does

  EXPECT_FALSE(config.preprocess().apply_orientation);
  config.data.apply_orientation = true;
  EXPECT_TRUE(config.preprocess().apply_orientation);
}

TEST(RunOrientation, AModelFolderCarriesIt) {
  const ScratchFolder scratch;
  auto model = tiny_model(tiny_data(), 1);
  for (const bool apply : {false, true}) {
    model.preprocess.apply_orientation = apply;
    save_model(scratch / "model", model, named_tensors(*model.network));
    EXPECT_EQ(load_model(scratch / "model").preprocess.apply_orientation, apply);
    const auto written = read_file(scratch / "model" / "preprocessor_config.json");
    EXPECT_EQ(written.find("apply_orientation") != std::string::npos, apply);
  }
}

}  // namespace
}  // namespace clipstill::train
