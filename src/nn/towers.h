// The factories behind the registries; one file implements each.
#pragma once

#include "nn/image_tower.h"
#include "nn/text_tower.h"

namespace clipstill::nn {

std::shared_ptr<ImageTower> make_resnet(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_mobile(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_vit(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_clip_vit(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_siglip_vit(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_clip_resnet(const ImageTowerOptions& options);
std::shared_ptr<ImageTower> make_seed_conv(const ImageTowerOptions& options);

std::shared_ptr<TextTower> make_text_transformer(const TextTowerOptions& options);
std::shared_ptr<TextTower> make_clip_text(const TextTowerOptions& options);
std::shared_ptr<TextTower> make_siglip_text(const TextTowerOptions& options);
std::shared_ptr<TextTower> make_bert(const TextTowerOptions& options);
std::shared_ptr<TextTower> make_text_lstm(const TextTowerOptions& options);
std::shared_ptr<TextTower> make_seed_lstm(const TextTowerOptions& options);

}  // namespace clipstill::nn
