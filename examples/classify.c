/* Which of some labels fits an image: the C interface.
 *
 *   cc classify.c $(pkg-config --cflags --libs clipstill) -lm -o classify
 *   ./classify BUNDLE IMAGE LABEL...
 *
 * With the bundle and the red disc of tests/data/bundle it prints
 *
 *   100.0 %  a red disc
 *     0.0 %  a blue square
 */
#include <clipstill/clipstill.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints the reason and ends with the status as exit code. */
static void check(clipstill_status status) {
  if (status == CLIPSTILL_OK) return;
  fprintf(stderr, "classify: %s\n", clipstill_last_error());
  exit(status);
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: classify BUNDLE IMAGE LABEL...\n");
    return CLIPSTILL_USAGE;
  }
  const char* bundle = argv[1];
  const char* const* image = (const char* const*)&argv[2];
  const char* const* labels = (const char* const*)&argv[3];
  const size_t count = (size_t)argc - 3;

  clipstill_options options = clipstill_default_options();
  options.threads = 1;
  clipstill_text_encoder* texts = NULL;
  clipstill_image_encoder* images = NULL;
  check(clipstill_text_encoder_load(bundle, &options, &texts));
  check(clipstill_image_encoder_load(bundle, &options, &images));

  const size_t width = clipstill_text_encoder_width(texts);
  float* label_rows = malloc(count * width * sizeof(float));
  float* image_row = malloc(width * sizeof(float));
  double* odds = malloc(count * sizeof(double));
  if (label_rows == NULL || image_row == NULL || odds == NULL) return CLIPSTILL_RESOURCE;
  check(clipstill_text_encoder_embed(texts, labels, NULL, count, label_rows, count * width));
  check(clipstill_image_encoder_embed_files(images, image, 1, image_row, width));

  /* Embeddings have length 1: their product is a cosine, times the logit scale a logit. It is at
   * most the scale, so that subtracting that keeps exp() from overflowing. */
  const double scale = clipstill_text_encoder_logit_scale(texts);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    double cosine = 0;
    for (size_t j = 0; j < width; ++j) cosine += image_row[j] * label_rows[i * width + j];
    sum += odds[i] = exp(scale * (cosine - 1));
  }
  for (size_t i = 0; i < count; ++i) printf("%5.1f %%  %s\n", 100 * odds[i] / sum, labels[i]);

  free(odds);
  free(image_row);
  free(label_rows);
  clipstill_image_encoder_free(images);
  clipstill_text_encoder_free(texts);
  return 0;
}
