#include <gtest/gtest.h>

#include <thread>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/bytes.h"
#include "core/files.h"
#include "image/codec.h"

namespace clipstill::image {
namespace {

std::string svg(const std::string& attributes, const std::string& body) {
  return R"(<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" )" +
         attributes + ">" + body + "</svg>";
}

Image draw(const std::string& text, int size) {
  return rasterise_svg(bytes_of(text), size, "a.svg");
}

std::vector<int> pixel(const Image& image, int x, int y) {
  const uint8_t* start = image.row(y) + 4 * x;
  return {start, start + 4};
}

const std::vector<int> kNothing{0, 0, 0, 0};

TEST(Svg, ColoursAndTransparency) {
  const auto image = draw(
      svg(R"(viewBox="0 0 2 2")", R"(<rect width="1" height="1" fill="#ff8000"/>)"
                                  R"(<rect x="1" y="1" width="1" height="1" fill="#0040c0"/>)"),
      16);
  ASSERT_EQ(image.width, 16);
  ASSERT_EQ(image.height, 16);
  ASSERT_EQ(image.channels, 4);
  EXPECT_EQ(pixel(image, 3, 3), (std::vector<int>{255, 128, 0, 255}));
  EXPECT_EQ(pixel(image, 12, 12), (std::vector<int>{0, 64, 192, 255}));
  EXPECT_EQ(pixel(image, 12, 3), kNothing);
}

// Colours must not be darkened by their alpha: cairo's are premultiplied, ours are not.
TEST(Svg, ColoursAreStraight) {
  const auto image = draw(
      svg(R"(viewBox="0 0 1 1")", R"(<rect width="1" height="1" fill="#ff0000" opacity="0.5"/>)"),
      8);
  const auto got = pixel(image, 4, 4);
  EXPECT_EQ(got[0], 255);
  EXPECT_EQ(got[1], 0);
  EXPECT_NEAR(got[3], 128, 1);
}

TEST(Svg, AspectIsKeptAndCentred) {
  const std::string rect = R"(<rect width="20" height="10" fill="#000"/>)";
  for (const char* attributes : {R"(viewBox="0 0 20 10")", R"(width="20" height="10")",
                                 R"(width="200" height="100" viewBox="0 0 20 10")"}) {
    SCOPED_TRACE(attributes);
    const auto image = draw(svg(attributes, rect), 40);
    EXPECT_EQ(pixel(image, 20, 9), kNothing);
    EXPECT_EQ(pixel(image, 1, 11)[3], 255);
    EXPECT_EQ(pixel(image, 38, 28)[3], 255);
    EXPECT_EQ(pixel(image, 20, 30), kNothing);
  }
}

TEST(Svg, LoadsNoExternalFile) {
  const ScratchFolder scratch;
  Image red(4, 4, 3);
  for (size_t i = 0; i < red.pixels.size(); i += 3) red.pixels[i] = 255;
  write_file(scratch / "red.png", encode_png(red));
  write_file(scratch / "red.svg", svg(R"(viewBox="0 0 1 1")",
                                      R"(<g id="r"><rect width="1" height="1" fill="red"/></g>)"));
  write_file(scratch / "red.css", "rect { fill: red !important }");
  const std::string folder = "file://" + scratch.path().string();
  const std::vector<std::string> bodies{
      R"(<image width="1" height="1" xlink:href=")" + folder + R"(/red.png"/>)",
      R"(<image width="1" height="1" href=")" + (scratch / "red.png").string() + R"("/>)",
      R"(<use xlink:href=")" + folder + R"(/red.svg#r"/>)",
      R"(<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href=")" + folder +
          R"(/red.svg"/>)",
      R"(<style>@import url(')" + folder +
          R"(/red.css');</style><rect width="1" height="1" fill="none"/>)"};
  for (const auto& body : bodies) {
    SCOPED_TRACE(body);
    Image image;
    try {
      image = draw(svg(R"(viewBox="0 0 1 1")", body), 8);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);  // as harmless as drawing nothing
      continue;
    }
    EXPECT_EQ(pixel(image, 4, 4), kNothing);
  }
}

TEST(Svg, ExternalEntitiesAreNotRead) {
  const ScratchFolder scratch;
  write_file(scratch / "body.xml", R"(<rect width="1" height="1" fill="red"/>)");
  const std::string text = R"(<!DOCTYPE svg [<!ENTITY e SYSTEM "file://)" +
                           (scratch / "body.xml").string() + R"(">]>)" +
                           svg(R"(viewBox="0 0 1 1")", "&e;");
  try {
    EXPECT_EQ(pixel(draw(text, 8), 4, 4), kNothing);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

TEST(Svg, RefusesWhatIsBroken) {
  for (const std::string text : {"", "<svg", "not XML", "<html/>"}) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::kBadData, {"a.svg"}, [&] { draw(text, 8); });
  }
}

TEST(Svg, ExpandingEntitiesAndHugeFilesAreRefused) {
  std::string entities = "<!ENTITY a0 \"aaaaaaaaaaaaaaaaaaaa\">";
  for (int i = 1; i < 12; ++i) {
    const std::string previous = "&a" + std::to_string(i - 1) + ";";
    entities += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) entities += previous;
    entities += "\">";
  }
  expect_error(ErrorCode::kBadData, {"a.svg"}, [&] {
    draw("<!DOCTYPE svg [" + entities + "]>" + svg("", "<text>&a11;</text>"), 8);
  });
  expect_error(ErrorCode::kBadData, {"a.svg", "bytes"},
               [&] { draw(svg("", std::string(size_t{17} << 20, ' ')), 8); });
}

TEST(Svg, HugeDrawingsAreDrawnSmall) {
  const auto image = draw(svg(R"(width="1000000000" height="1000000000")",
                              R"(<rect width="1000000000" height="1000000000" fill="red"/>)"),
                          8);
  EXPECT_EQ(pixel(image, 4, 4), (std::vector<int>{255, 0, 0, 255}));
}

TEST(Svg, SizesOutOfRangeAreRefused) {
  for (const int size : {0, -1, 100000}) {
    expect_error(ErrorCode::kUsage, {"a.svg"}, [&] { draw(svg("", ""), size); });
  }
}

TEST(Svg, ThreadsDrawTheSame) {
  const auto text = svg(R"(viewBox="0 0 10 10")", R"svg(
      <linearGradient id="g"><stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/>
      </linearGradient><circle cx="5" cy="5" r="4" fill="url(#g)"/>)svg");
  const auto expected = draw(text, 32).pixels;
  std::vector<int> same(4);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < same.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) same[t] += draw(text, 32).pixels == expected ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(same, std::vector<int>(4, 20));
}

}  // namespace
}  // namespace clipstill::image
