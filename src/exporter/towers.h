// How each tower becomes a graph: one function a tower, one file a function, found by the tower's
// name. Features are those of nn::ImageTower and nn::TextTower, before the projection.
#pragma once

#include "core/options.h"
#include "exporter/graph_builder.h"
#include "exporter/weights.h"
#include "nn/image_tower.h"
#include "nn/text_tower.h"

namespace clipstill::exporter {

struct TextInputs {
  Value ids;   // [B, L] int64, 0 where there is no token
  Value mask;  // [B, L] int64, 1 = token; tokens come first, at least one in each text
};

/// Pixels [B, 3, S, S] -> features [B, W].
using ImageTowerExport = Value (*)(GraphBuilder&, const Weights&, const nn::ImageTowerOptions&,
                                   const Value& pixels);
/// -> features [B, W].
using TextTowerExport = Value (*)(GraphBuilder&, const Weights&, const nn::TextTowerOptions&,
                                  const TextInputs&);

/// The towers that can be exported.
StringList image_tower_exports();
StringList text_tower_exports();

/// kUsage naming the towers that can be exported if `arch` is none of them.
ImageTowerExport image_tower_export(const std::string& arch);
TextTowerExport text_tower_export(const std::string& arch);

Value export_resnet(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                    const Value& pixels);
Value export_mobile(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                    const Value& pixels);
Value export_vit(GraphBuilder& graph, const Weights& tower, const nn::ImageTowerOptions& options,
                 const Value& pixels);
Value export_siglip_vit(GraphBuilder& graph, const Weights& tower,
                        const nn::ImageTowerOptions& options, const Value& pixels);
Value export_clip_resnet(GraphBuilder& graph, const Weights& tower,
                         const nn::ImageTowerOptions& options, const Value& pixels);
Value export_seed_conv(GraphBuilder& graph, const Weights& tower,
                       const nn::ImageTowerOptions& options, const Value& pixels);

Value export_text_transformer(GraphBuilder& graph, const Weights& tower,
                              const nn::TextTowerOptions& options, const TextInputs& text);
Value export_clip_text(GraphBuilder& graph, const Weights& tower,
                       const nn::TextTowerOptions& options, const TextInputs& text);
Value export_siglip_text(GraphBuilder& graph, const Weights& tower,
                         const nn::TextTowerOptions& options, const TextInputs& text);
Value export_bert(GraphBuilder& graph, const Weights& tower, const nn::TextTowerOptions& options,
                  const TextInputs& text);
Value export_text_lstm(GraphBuilder& graph, const Weights& tower,
                       const nn::TextTowerOptions& options, const TextInputs& text);
Value export_seed_lstm(GraphBuilder& graph, const Weights& tower,
                       const nn::TextTowerOptions& options, const TextInputs& text);

}  // namespace clipstill::exporter
