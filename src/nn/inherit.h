// Inheritance: a student that starts with what fits of its teacher's weights (weight inheritance of
// TinyCLIP, Wu et al. 2023, arXiv 2309.12314; here without training).
//
// A transformer's residual stream is turned into its leading directions (SliceGPT, Ashkboos et al.
// 2024, arXiv 2401.15024), its heads and its token table get the best factors of their rank. A
// ResNet keeps channels, because its rectifiers stand in the way of any turn, and is then fitted by
// least squares.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/clip_model.h"

namespace clipstill::nn {

/// For each token of the student, the tokens of the teacher that stand for it, maybe none.
using PieceMap = std::vector<std::vector<int32_t>>;

/// Each writes over the weights of one tower and of its projection, which stays as it is where the
/// joint spaces differ in width. Deterministic, nothing is drawn. Of equal sizes the student embeds
/// as the teacher does. kUsage naming the key where the towers are not of one kind that can be
/// taken over, the student's is larger, or a transformer's activation or norm_epsilon differs.
/// `images` [N, 3, S, S] are training images: a ResNet is fitted to what the teacher makes of them.
void inherit_image(ClipModelImpl& student, const ClipModelImpl& teacher,
                   const torch::Tensor& images);
/// `pieces` has an entry for each token of the student.
void inherit_text(ClipModelImpl& student, const ClipModelImpl& teacher, const PieceMap& pieces);

/// The teacher's logit scale, as far as the student may go.
void inherit_scale(ClipModelImpl& student, const ClipModelImpl& teacher);

}  // namespace clipstill::nn
