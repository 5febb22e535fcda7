#include "train/initial_network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../core/expect_error.h"
#include "tiny_models.h"
#include "train/evaluate.h"

namespace clipstill::train {
namespace {

class InitialNetwork : public testing::Test {
 protected:
  InitialNetwork() : data_(tiny_data()), teacher_(tiny_model(data_, 77)) {
    const torch::NoGradGuard no_grad;
    named_tensors(*teacher_.network).at("logit_scale").fill_(3.0);
    teacher_.network->eval();
    save_model(scratch_ / "teacher", teacher_, named_tensors(*teacher_.network));
    config_.model = tiny_options();
    config_.teacher.folder = scratch_ / "teacher";
  }
  Model student() {
    Model model = teacher_;
    model.network = initial_network(config_, data_.train, *teacher_.tokenizer);
    model.network->eval();
    return model;
  }
  double difference(const std::vector<float>& a, const std::vector<float>& b) const {
    return (torch::tensor(a) - torch::tensor(b)).abs().max().item<double>();
  }
  // Largest differences to the teacher's embeddings.
  double of_images() {
    auto model = student();
    return difference(embed_images(model, data_.test), embed_images(teacher_, data_.test));
  }
  double of_texts() {
    auto model = student();
    const auto& texts = data_.test.texts();
    return difference(embed_texts(model, texts), embed_texts(teacher_, texts));
  }
  double scale() { return student().network->scale().item<double>(); }

  ScratchFolder scratch_;
  RunData data_;
  Model teacher_;
  RunConfig config_;
};

TEST_F(InitialNetwork, IsSeededUnlessItInherits) {
  expect_same(named_tensors(*student().network),
              named_tensors(*make_network(config_.model, *teacher_.tokenizer, 1)));
}

TEST_F(InitialNetwork, EachTowerAloneOrBothWithTheScale) {
  config_.inherit = "image";
  EXPECT_LT(of_images(), 1e-5);
  EXPECT_GT(of_texts(), 0.1);
  EXPECT_NEAR(scale(), config_.model.initial_scale, 1e-4);
  config_.inherit = "text";
  EXPECT_GT(of_images(), 0.1);
  EXPECT_LT(of_texts(), 1e-5);
  config_.inherit = "both";
  EXPECT_LT(of_images(), 1e-5);
  EXPECT_LT(of_texts(), 1e-5);
  EXPECT_NEAR(scale(), std::exp(3.0), 1e-4);
}

TEST_F(InitialNetwork, WithoutATeacherItCannotInherit) {
  config_.inherit = "both";
  config_.teacher.folder.clear();
  expect_error(ErrorCode::kUsage, {"teacher.folder is empty", "model.inherit"}, [&] { student(); });
}

}  // namespace
}  // namespace clipstill::train
