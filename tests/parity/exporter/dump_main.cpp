// Exports a random model for tests/reference/export_sweep.py and int8_sweep.py:
// export_dump OUT ROWS [KEY=VALUE...]. The bundle's self-test holds ROWS images and ROWS texts, as
// random_model.h says, and ranges for int8 are taken from them. Keys that begin with "int8." are
// those of calibration; "int8.reduce_range=true" gives weights of 7 bits.
#include <iostream>
#include <string>
#include <vector>

#include "core/error.h"
#include "exporter/bundle_folder.h"
#include "exporter/calibration.h"
#include "exporter/exporter.h"
#include "exporter/int8.h"
#include "exporter/int8_prepare.h"
#include "random_model.h"

int main(int count, char** arguments) try {
  using namespace clipstill;
  if (count < 3) return 2;
  std::vector<std::string> settings;
  exporter::Int8Options int8;
  OptionSet options;
  exporter::declare_options(options, int8);
  const std::vector<std::string> words(arguments + 3, arguments + count);
  for (const auto& setting : words) {
    if (setting.starts_with("int8.")) {
      options.assign_override(setting);
    } else {
      settings.push_back(setting);
    }
  }
  const auto model = random_model(settings);
  const auto inputs = random_inputs(model, std::stoi(arguments[2]));
  const auto in_int8 = [&](const exporter::Graph& fp32, const exporter::Tensors& batch) {
    const auto graph = exporter::prepared_for_int8(fp32);
    const auto ranges = exporter::calibrate(graph, {batch}, int8.calibration);
    return exporter::quantized(graph, ranges, {{}, int8.reduce_range});
  };
  exporter::BundleContent content{model, "", {{"tokenizer.json", "{}"}}, "{}", inputs};
  content.int8 = exporter::Encoders{
      in_int8(exporter::image_encoder(model), {{"pixel_values", inputs.pixel_values}}),
      in_int8(exporter::text_encoder(model),
              {{"input_ids", inputs.input_ids}, {"attention_mask", inputs.attention_mask}})};
  exporter::write_bundle(arguments[1], content);
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
