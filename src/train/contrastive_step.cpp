#include "train/contrastive_step.h"

#include <algorithm>
#include <tuple>

#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/text_groups.h"

namespace clipstill::train {
namespace {

struct Inputs {
  torch::Tensor images, ids, mask;
  int64_t size() const { return images.size(0); }
  Inputs chunk(int64_t first, int64_t count) const {
    return {images.narrow(0, first, count), ids.narrow(0, first, count),
            mask.narrow(0, first, count)};
  }
};

struct Embeddings {
  torch::Tensor image, text;  // [N, D]
};

Embeddings embed(const BatchEncoders& encoders, const Inputs& inputs, bool bf16) {
  const Autocast autocast(bf16);
  return {encoders.images(inputs.images), encoders.texts(inputs.ids, inputs.mask)};
}

std::vector<torch::Tensor> float_buffers(nn::ClipModel& model) {
  std::vector<torch::Tensor> buffers;
  for (const auto& buffer : model->buffers()) {
    if (buffer.is_floating_point()) buffers.push_back(buffer);
  }
  return buffers;
}

torch::Tensor rows(std::vector<float>& values, int64_t count) {
  return torch::from_blob(values.data(), {count, static_cast<int64_t>(values.size()) / count});
}

// What the losses see of each teacher; of a batch without teachers, one input without any.
std::vector<distill::LossInput> loss_inputs(const torch::Tensor& scale, data::Batch& batch,
                                            const Embeddings& student, const StepOptions& options) {
  distill::LossInput input;
  input.student_image = student.image;
  input.student_text = student.text;
  input.student_scale = scale;
  std::tie(input.targets, input.text_targets) = pair_targets(batch.matches, student.image.size(0));
  if (batch.teachers.empty()) return {input};
  std::vector<distill::LossInput> inputs;
  for (size_t k = 0; k < batch.teachers.size(); ++k) {
    input.teacher_image = rows(batch.teachers[k].images, student.image.size(0));
    input.teacher_text = rows(batch.teachers[k].texts, student.image.size(0));
    input.teacher_scale = options.teacher_scales.at(k);
    inputs.push_back(input);
  }
  return inputs;
}

// Weighted sum of the losses; fills `means`.
torch::Tensor total_loss(const torch::Tensor& scale, const std::vector<ActiveLoss>& losses,
                         data::Batch& batch, const Embeddings& student, const StepOptions& options,
                         std::map<std::string, double>& means) {
  const auto inputs = loss_inputs(scale, batch, student, options);
  if (options.observer) std::for_each(inputs.begin(), inputs.end(), options.observer);
  torch::Tensor total;
  for (const auto& loss : losses) {
    const auto output = loss.module->forward(inputs[loss.teacher]);
    const auto mean = output.sum / output.count;
    means[loss.spec->name()] += loss.share * mean.item<double>();
    const double weight = loss.spec->schedule.at(options.step, options.steps);
    const auto weighted = mean * (loss.share * weight);
    total = total.defined() ? total + weighted : weighted;
  }
  means["loss"] = total.item<double>();
  return total;
}

}  // namespace

std::map<std::string, double> contrastive_step(const StepStudent& student,
                                               const std::vector<ActiveLoss>& losses,
                                               data::Batch& batch, const StepOptions& options) {
  const auto& [encoders, scale, image_size, statistics] = student;
  const auto n = static_cast<int64_t>(batch.samples.size());
  const auto [ids, mask] = token_tensors(batch.tokens);
  const Inputs inputs{image_tensor(batch.images, n, image_size), ids, mask};
  std::map<std::string, double> means;
  if (options.micro_batch <= 0 || options.micro_batch >= n) {
    const auto embeddings = embed(encoders, inputs, options.bf16);
    total_loss(scale, losses, batch, embeddings, options, means).backward();
    return means;
  }

  std::vector<torch::Tensor> images, texts;
  {
    const torch::NoGradGuard no_grad;
    for (int64_t first = 0; first < n; first += options.micro_batch) {
      const auto part = inputs.chunk(first, std::min(options.micro_batch, n - first));
      const auto embeddings = embed(encoders, part, options.bf16);
      images.push_back(embeddings.image);
      texts.push_back(embeddings.text);
    }
  }
  const Embeddings cached{torch::cat(images).requires_grad_(), torch::cat(texts).requires_grad_()};
  total_loss(scale, losses, batch, cached, options, means).backward();

  // The second pass must not move the batch-norm statistics a second time.
  std::vector<torch::Tensor> moved_once;
  for (const auto& buffer : statistics) moved_once.push_back(buffer.clone());
  for (int64_t first = 0; first < n; first += options.micro_batch) {
    const int64_t count = std::min(options.micro_batch, n - first);
    const auto again = embed(encoders, inputs.chunk(first, count), options.bf16);
    torch::autograd::variable_list embeddings, gradients;
    const auto add = [&](const torch::Tensor& embedding, const torch::Tensor& gradient) {
      if (!gradient.defined()) return;  // no loss looks at this side
      embeddings.push_back(embedding);
      gradients.push_back(gradient.narrow(0, first, count));
    };
    add(again.image, cached.image.grad());
    add(again.text, cached.text.grad());
    torch::autograd::backward(embeddings, gradients);
  }
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < statistics.size(); ++i) statistics[i].copy_(moved_once[i]);
  return means;
}

std::map<std::string, double> contrastive_step(nn::ClipModel& model,
                                               const std::vector<ActiveLoss>& losses,
                                               data::Batch& batch, const StepOptions& options) {
  const StepStudent student{
      {.images = [&](const auto& pixels) { return model->encode_image(pixels); },
       .texts = [&](const auto& ids,
                    const auto& mask) { return encode_text_by_length(model, ids, mask); }},
      model->scale(),
      model->options().image.size,
      float_buffers(model)};
  return contrastive_step(student, losses, batch, options);
}

}  // namespace clipstill::train
