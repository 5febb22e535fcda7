// data.apply_orientation reaches whatever looks at the images of pairs.
#include "image/orientation.h"

#include <gtest/gtest.h>

#include <numeric>

#include "data/audit.h"
#include "data/audit_report.h"
#include "data/contact_sheet.h"
#include "data/loader.h"
#include "memory_pairs.h"
#include "text/vocabulary.h"

namespace clipstill::data {
namespace {

// The same stored pixels, 7 x 4, with each of the eight orientations.
std::shared_ptr<const PairSource> turned_pairs() {
  return std::make_shared<MemoryPairs>(numbered_records(8), [](size_t i) {
    const auto name = fmt::format("orientation/png-{}.png", i + 1);
    return read_file(fs::path(CLIPSTILL_TEST_DATA) / name);
  });
}

PairSet set_of(bool apply_orientation) {
  std::vector<size_t> all(8);
  std::iota(all.begin(), all.end(), size_t{0});
  return {turned_pairs(), std::move(all), {}, {}, apply_orientation};
}

image::Preprocess settings(bool apply_orientation) {
  image::Preprocess preprocess;
  preprocess.size = 8;
  preprocess.apply_orientation = apply_orientation;
  return preprocess;
}

TEST(PairOrientation, TheSetOrThePreprocessingTurns) {
  const auto stored = set_of(false), upright = set_of(true);
  EXPECT_EQ(upright.fingerprint(), stored.fingerprint());
  for (int64_t i = 0; i < 8; ++i) {
    SCOPED_TRACE(i);
    const auto pixels = stored.decode_image(0);
    const auto turned = image::turn(pixels, static_cast<int>(i) + 1);
    EXPECT_EQ(stored.decode_image(i).pixels, pixels.pixels);
    EXPECT_EQ(stored.decode_image(i, true).pixels, turned.pixels);
    EXPECT_EQ(upright.decode_image(i).pixels, turned.pixels);
    EXPECT_EQ(upright.decode_image(i, true).pixels, turned.pixels);  // not twice
  }
  const auto plain = load_images(stored, settings(false), 0, 8);
  const auto wanted = load_images(upright, settings(false), 0, 8);
  EXPECT_NE(wanted, plain);
  EXPECT_EQ(load_images(stored, settings(true), 0, 8), wanted);
  EXPECT_EQ(load_images(upright, settings(true), 0, 8), wanted);
  EXPECT_TRUE(std::equal(wanted.begin(), wanted.begin() + 3 * 8 * 8, plain.begin()));
}

TEST(PairOrientation, TeacherAndStudentSeeTheSameViews) {
  const auto stored = set_of(false), upright = set_of(true);
  const auto preprocess = settings(true);
  const image::AugmentPolicy policy;
  const std::vector<std::string_view> corpus(upright.texts().begin(), upright.texts().end());
  const auto tokenizer = text::build_wordpiece(corpus, 60);
  Loader loader({upright, *tokenizer, preprocess, policy}, {.batch = 8, .views = 1, .view_seed = 9},
                0);
  const auto batch = loader.next();
  std::vector<float> by_set(3 * 8 * 8), by_preprocess(by_set.size()), as_stored(by_set.size());
  int differ = 0;
  for (size_t i = 0; i < 8; ++i) {
    const auto sample = batch.samples[i];
    load_views(upright, settings(false), policy, 9, sample, 0, 1, by_set);
    load_views(stored, preprocess, policy, 9, sample, 0, 1, by_preprocess);
    load_views(stored, settings(false), policy, 9, sample, 0, 1, as_stored);
    EXPECT_EQ(by_set, by_preprocess);
    EXPECT_TRUE(std::equal(by_set.begin(), by_set.end(),
                           batch.images.begin() + static_cast<int64_t>(i * by_set.size())));
    if (by_set != as_stored) ++differ;
  }
  EXPECT_EQ(differ, 7);  // all but the one that stands upright
}

TEST(PairOrientation, TheAuditCountsAndTurns) {
  const auto source = turned_pairs();
  const auto stored = audit_pairs(*source);
  EXPECT_EQ(stored.images.turned, 7u);
  EXPECT_EQ(stored.images.height.most, 4u);
  EXPECT_EQ(stored.images.same_pixels.surplus, 7u);
  EXPECT_NE(audit_to_text(stored).find("data.apply_orientation"), std::string::npos);
  const auto upright = audit_pairs(*source, {.apply_orientation = true});
  EXPECT_EQ(upright.images.turned, 7u);
  EXPECT_EQ(upright.images.height.most, 7u);
  EXPECT_EQ(upright.images.same_pixels.surplus, 0u);
}

TEST(PairOrientation, TheContactSheetTurns) {
  const auto source = turned_pairs();
  ContactSheetOptions options{.count = 8, .columns = 8, .thumbnail = 32};
  // Of the sixth picture: 32 wide and 18 high as stored, 18 wide and 32 high upright.
  const auto is_blank = [&](int x, int y) {
    const auto sheet = draw_contact_sheet(*source, {0, 1, 2, 3, 4, 5, 6, 7}, options);
    const auto* pixel = sheet.row(6 + y) + 3 * (6 + 5 * 38 + x);
    return pixel[0] == 255 && pixel[1] == 255 && pixel[2] == 255;
  };
  EXPECT_TRUE(is_blank(16, 2));
  EXPECT_FALSE(is_blank(29, 18));
  options.apply_orientation = true;
  EXPECT_FALSE(is_blank(16, 2));
  EXPECT_TRUE(is_blank(29, 18));
}

}  // namespace
}  // namespace clipstill::data
