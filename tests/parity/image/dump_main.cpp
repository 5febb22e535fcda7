// Prints what clipstill makes of an image file, for tests/reference/image_sweep.py. One request
// per line of stdin, one reply each: "width height channels\n" and the pixels, or "error ...\n".
//   decode PATH
//   upright PATH   (decoded, then turned as its Exif part says)
//   resize PATH WIDTH HEIGHT FILTER LEFT TOP RIGHT BOTTOM   (FILTER as Pillow numbers them)
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "image/orientation.h"
#include "image/resize.h"

namespace {

using namespace clipstill;

image::Filter filter_of(int number) {
  constexpr image::Filter kFilters[] = {image::Filter::kNearest, image::Filter::kLanczos,
                                        image::Filter::kBilinear, image::Filter::kBicubic};
  return kFilters[number];
}

image::Image answer(const std::string& line) {
  std::istringstream words(line);
  std::string verb, path;
  words >> verb >> path;
  const MappedFile file(path);
  const auto decoded = image::decode(file.bytes(), path);
  if (verb == "decode") return decoded;
  if (verb == "upright") return image::turn(decoded, image::orientation_of(file.bytes()));
  int width = 0, height = 0, filter = 0;
  image::Box box;
  words >> width >> height >> filter >> box.left >> box.top >> box.right >> box.bottom;
  return image::resize(decoded, width, height, filter_of(filter), box);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const auto image = answer(line);
      std::printf("%d %d %d\n", image.width, image.height, image.channels);
      std::fwrite(image.pixels.data(), 1, image.pixels.size(), stdout);
    } catch (const Error& error) {
      std::printf("error %s\n", error.what());
    }
    std::fflush(stdout);
  }
}
