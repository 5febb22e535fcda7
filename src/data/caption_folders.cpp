#include "core/files.h"
#include "data/caption_files.h"

namespace clipstill::data {

std::vector<std::filesystem::path> image_folders_of(const std::filesystem::path& file) {
  const auto folder = fs::absolute(file).lexically_normal().parent_path();
  const auto stem = file.stem().string();
  const auto last_word = stem.substr(stem.rfind('_') + 1);  // all of it where there is no "_"
  std::vector<fs::path> folders;
  for (const auto& base : {folder, folder.parent_path()}) {
    folders.push_back(base);
    for (const auto& name :
         {fs::path(last_word), fs::path("images"), "images" / fs::path(last_word),
          fs::path("flickr30k-images"), fs::path("flickr30k_images")}) {
      folders.push_back(base / name);
    }
  }
  return folders;
}

}  // namespace clipstill::data
