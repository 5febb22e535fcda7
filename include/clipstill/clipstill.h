/* The installed C interface of clipstill: images and texts to embeddings, from a bundle that
 * `clipstill export` wrote. clipstill.hpp puts C++ over it. Stable: docs/versioning.md.
 *
 * Every function that can fail returns a clipstill_status; clipstill_last_error() then says what
 * was expected, what was found and where. A function that makes an object sets it to NULL where it
 * fails, and every _free takes NULL. Objects are immutable after loading: any number of threads may
 * use one at once. Nothing is printed, nothing exits. Texts and paths are UTF-8.
 *
 *   clipstill_text_encoder* encoder = NULL;
 *   if (clipstill_text_encoder_load("bundle", NULL, &encoder) != CLIPSTILL_OK) {
 *     fprintf(stderr, "%s\n", clipstill_last_error());
 *     return 1;
 *   }
 *   const char* texts[] = {"a red apple", "一只猫"};
 *   size_t floats = 2 * clipstill_text_encoder_width(encoder);
 *   float* embeddings = malloc(floats * sizeof(float));
 *   clipstill_text_encoder_embed(encoder, texts, NULL, 2, embeddings, floats);
 *   clipstill_text_encoder_free(encoder);
 */
#ifndef CLIPSTILL_CLIPSTILL_H
#define CLIPSTILL_CLIPSTILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum clipstill_status {
  CLIPSTILL_OK = 0,
  CLIPSTILL_INTERNAL = 1, /* a bug of clipstill */
  CLIPSTILL_USAGE = 2,    /* an argument is wrong */
  CLIPSTILL_BAD_DATA = 3, /* a file or an image is damaged, or of another kind */
  CLIPSTILL_MISSING_FILE = 4,
  CLIPSTILL_RESOURCE = 5 /* out of memory, threads or disk; not readable */
} clipstill_status;

/* "major.minor.patch" of the library that is loaded. */
const char* clipstill_version(void);

/* The message of the last call that failed in this thread; valid until another one fails. */
const char* clipstill_last_error(void);

typedef enum clipstill_log_level {
  CLIPSTILL_LOG_DEBUG = 0,
  CLIPSTILL_LOG_INFO = 1,
  CLIPSTILL_LOG_WARNING = 2
} clipstill_log_level;
typedef void (*clipstill_log_function)(void* user, clipstill_log_level level, const char* message);

/* Where messages of the library go; NULL (the default) drops them. Called from any thread, several
 * at once; it may call the library. A call may still be under way when another is set: keep what
 * `user` points to until no thread is inside the library. */
void clipstill_set_log(clipstill_log_function function, void* user);

typedef enum clipstill_precision {
  CLIPSTILL_FP32 = 0,
  CLIPSTILL_INT8 = 1 /* the quantised encoders of the bundle */
} clipstill_precision;

typedef struct clipstill_options {
  size_t size;       /* sizeof(clipstill_options) */
  int32_t threads;   /* of one call; 0 = all that the process may use */
  int32_t batch;     /* most images or texts of one run of the graph */
  int32_t arena;     /* 1 = keep memory between runs: faster, and never given back; 0 = do not */
  int32_t precision; /* a clipstill_precision */
} clipstill_options;

/* What NULL stands for where options are taken. */
static inline clipstill_options clipstill_default_options(void) {
  clipstill_options options = {sizeof(clipstill_options), 0, 32, 1, CLIPSTILL_FP32};
  return options;
}

/* ---- Text encoder: loads the tokenizer and the text tower of a bundle ---- */

typedef struct clipstill_text_encoder clipstill_text_encoder;

clipstill_status clipstill_text_encoder_load(const char* bundle, const clipstill_options* options,
                                             clipstill_text_encoder** encoder);
void clipstill_text_encoder_free(clipstill_text_encoder* encoder);
/* Floats of one embedding. */
size_t clipstill_text_encoder_width(const clipstill_text_encoder* encoder);
/* The logit of an image and a text is this times the product of their embeddings. */
float clipstill_text_encoder_logit_scale(const clipstill_text_encoder* encoder);
/* Fills `out`, [count, width], with embeddings of length 1. `lengths` holds the bytes of each text;
 * with NULL the texts end at a zero byte. Texts longer than the model's context are cut. */
clipstill_status clipstill_text_encoder_embed(const clipstill_text_encoder* encoder,
                                              const char* const* texts, const size_t* lengths,
                                              size_t count, float* out, size_t out_floats);

/* ---- Image encoder: loads the image tower of a bundle ---- */

typedef struct clipstill_image_encoder clipstill_image_encoder;

clipstill_status clipstill_image_encoder_load(const char* bundle, const clipstill_options* options,
                                              clipstill_image_encoder** encoder);
void clipstill_image_encoder_free(clipstill_image_encoder* encoder);
size_t clipstill_image_encoder_width(const clipstill_image_encoder* encoder);
float clipstill_image_encoder_logit_scale(const clipstill_image_encoder* encoder);
/* Edge in pixels of what the tower sees. */
size_t clipstill_image_encoder_image_size(const clipstill_image_encoder* encoder);
/* Embeddings of length 1, [count, width], of JPEG, PNG or WebP files. */
clipstill_status clipstill_image_encoder_embed_files(const clipstill_image_encoder* encoder,
                                                     const char* const* paths, size_t count,
                                                     float* out, size_t out_floats);
/* The same of files in memory; `names` names them in errors and may be NULL. */
clipstill_status clipstill_image_encoder_embed_encoded(const clipstill_image_encoder* encoder,
                                                       const void* const* images,
                                                       const size_t* sizes,
                                                       const char* const* names, size_t count,
                                                       float* out, size_t out_floats);
/* The same of tensors that clipstill_image_preprocessor_run() made, [count, 3, size, size]. */
clipstill_status clipstill_image_encoder_embed_tensors(const clipstill_image_encoder* encoder,
                                                       const float* tensors, size_t tensor_floats,
                                                       size_t count, float* out, size_t out_floats);

/* ---- Bundle ---- */

/* Checks every file against the manifest and runs the self-test of both encoders:
 * CLIPSTILL_BAD_DATA names what differs from the machine that wrote the bundle. */
clipstill_status clipstill_verify(const char* bundle, const clipstill_options* options);

/* ---- Tokenizer: texts to ids, identical to the reference `tokenizers` library ---- */

typedef struct clipstill_tokenizer clipstill_tokenizer;

/* Row-major [rows, length], padded to the longest row. */
typedef struct clipstill_token_ids {
  int64_t rows, length;
  int64_t* ids;
  int64_t* attention_mask; /* 1 = token, 0 = padding */
} clipstill_token_ids;

/* Reads `tokenizer.json`, `vocab.txt` (BERT), `vocab.json` with `merges.txt` (CLIP) or
 * `spiece.model` (SigLIP), or a folder that holds one of them. */
clipstill_status clipstill_tokenizer_load(const char* path, clipstill_tokenizer** tokenizer);
void clipstill_tokenizer_free(clipstill_tokenizer* tokenizer);
/* Texts of at most `context` tokens each, special tokens included; longer ones are cut and keep
 * their closing token. Hundreds of texts and more are shared out over all cores.
 * clipstill_token_ids_free() frees `out`, which is empty after an error. */
clipstill_status clipstill_tokenizer_encode(const clipstill_tokenizer* tokenizer,
                                            const char* const* texts, const size_t* lengths,
                                            size_t count, int32_t context,
                                            clipstill_token_ids* out);
void clipstill_token_ids_free(clipstill_token_ids* ids);
int64_t clipstill_tokenizer_vocabulary_size(const clipstill_tokenizer* tokenizer);
/* The surface form of an id, such as "##ing" or "[CLS]", `length` bytes; it lives as long as the
 * tokenizer. */
clipstill_status clipstill_tokenizer_token(const clipstill_tokenizer* tokenizer, int64_t id,
                                           const char** token, size_t* length);

/* ---- Image preprocessor: an image file to the tensor that an image encoder takes ---- */

typedef struct clipstill_image_preprocessor clipstill_image_preprocessor;

/* Reads `preprocessor_config.json` (Hugging Face layout), or a folder that holds it. NULL gives
 * OpenAI CLIP's settings: 224 pixels, shortest edge, bicubic. */
clipstill_status clipstill_image_preprocessor_load(const char* path,
                                                   clipstill_image_preprocessor** preprocessor);
void clipstill_image_preprocessor_free(clipstill_image_preprocessor* preprocessor);
/* Edge of the tensor in pixels; a tensor has 3 * size * size floats. */
size_t clipstill_image_preprocessor_size(const clipstill_image_preprocessor* preprocessor);
/* Fills `tensor`, planar RGB [3, size, size], from an encoded image that errors call `name`. */
clipstill_status clipstill_image_preprocessor_run(const clipstill_image_preprocessor* preprocessor,
                                                  const void* image, size_t bytes, const char* name,
                                                  float* tensor, size_t tensor_floats);
/* The same from a file. */
clipstill_status clipstill_image_preprocessor_run_file(
    const clipstill_image_preprocessor* preprocessor, const char* path, float* tensor,
    size_t tensor_floats);

#ifdef __cplusplus
}
#endif

#endif /* CLIPSTILL_CLIPSTILL_H */
