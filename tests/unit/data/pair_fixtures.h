// Small sets of pairs on disk.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "../core/scratch_folder.h"
#include "core/files.h"
#include "core/log.h"
#include "data/pairs.h"
#include "data/tar.h"
#include "image/codec.h"

namespace clipstill::data {

/// One bad row beside one good row is no reason to refuse a file.
inline const PairOptions kLenient{.max_bad_share = 0.95};

inline std::string png(uint8_t red, uint8_t green = 0, uint8_t blue = 0, int size = 4) {
  image::Image picture(size, size, 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 3) {
    picture.pixels[i] = red;
    picture.pixels[i + 1] = green;
    picture.pixels[i + 2] = blue;
  }
  return image::encode_png(picture);
}

/// A scratch folder with images a.png, b.png and c.png (red 10, 20, 30).
class PairFolder {
 public:
  PairFolder() {
    write("a.png", png(10));
    write("b.png", png(20));
    write("c.png", png(30));
  }

  fs::path write(const std::string& name, std::string_view content) const {
    const auto path = folder_ / name;
    make_folders(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;  // unlike write_file(), without fsync
    return path;
  }

  const fs::path& path() const { return folder_.path(); }

 private:
  ScratchFolder folder_;
};

/// First byte of the picture: tells the images of the fixtures apart.
inline int red_of(const PairSource& source, size_t index) {
  return image::decode(source.read_image(index), "test").pixels.at(0);
}

inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& members) {
  TarWriter writer;
  for (const auto& [name, content] : members) writer.add(name, content);
  return writer.finish();
}

/// Warnings that are logged while it lives.
class WarningLog {
 public:
  WarningLog() {
    set_log_sink(
        [this](LogLevel, std::string_view message) { text_ += std::string(message) + "\n"; });
  }
  ~WarningLog() { set_log_sink({}); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace clipstill::data
