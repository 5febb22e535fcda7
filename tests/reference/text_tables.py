"""Writes src/text/unicode_tables.h: how the reference classifies and lower-cases code points.

    python -m venv venv && venv/bin/pip install -r requirements-text.txt
    venv/bin/python text_tables.py

Each class is found by giving every code point to the real `tokenizers`, whose own tables mix
Unicode versions (old ones for categories and decompositions, its Rust release for case).
"""

from pathlib import Path

import tokenizers
import unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

HEADER = Path(__file__).parents[2] / "src" / "text" / "unicode_tables.h"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
WHITE_SPACE = [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
               0x3000]  # is_white_space() of src/text/unicode.cpp
LOWEST_MARK, HIGHEST_MARK = "\u0334", "\u0345"  # combining classes 1 and 240


def normalizer(**wanted):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | wanted)).normalize_str


def kinds():
    """What CLIP's pattern takes each code point for: letter, number, white space or other."""
    pattern = pre_tokenizers.Split(Regex(r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True)
    words = pattern.pre_tokenize_str
    by_count = {0: "space", 2: "number"}  # of a doubled character
    return {c: by_count.get(len(words(chr(c) * 2))) or ("letter" if len(words(f"a{chr(c)}a")) == 1 else "other")
            for c in CODE_POINTS}


def ranges(code_points):
    """Ascending [first, last] pairs."""
    out = []
    for c in code_points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def is_reordered(nfd, c):
    """Whether the reference gives `c` a combining class."""
    text = chr(c)
    return nfd(text + LOWEST_MARK) == LOWEST_MARK + text or nfd(HIGHEST_MARK + text) == text + HIGHEST_MARK


def newer_than_reference():
    """Code points whose decomposition or combining class the reference does not know yet."""
    nfd = normalizers.NFD().normalize_str
    newest = unicodedata2
    out = []
    for c in CODE_POINTS:
        text = chr(c)
        expected = newest.normalize("NFD", text)
        if nfd(text) != expected or (newest.combining(text) > 1 and expected == text and not is_reordered(nfd, c)):
            out.append(c)
    return out


def case_runs(lower):
    """[first, last, step, delta] of code points that lower-case to themselves plus delta."""
    out = []
    for c, target in lower:
        delta = target - c
        if out and out[-1][3] == delta:
            run = out[-1]
            step = c - run[1]
            if step in (1, 2) and (run[0] == run[1] or step == run[2]):
                run[1], run[2] = c, step
                continue
        out.append([c, c, 1, delta])
    return out


def table(kind, name, comment, rows):
    cells = ["{" + ", ".join(f"{v:#x}" if v >= 0x20 else str(v) for v in row) + "}" for row in rows]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > 100:
            lines.append(line)
            line = "   "
        line += f" {cell},"
    lines.append(line)
    return f"// {comment}\ninline constexpr {kind} {name}[] = {{\n" + "\n".join(lines) + "\n};\n"


def main():
    clean, strip, fold = normalizer(clean_text=True), normalizer(strip_accents=True), normalizer(lowercase=True)
    words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    control = [c for c in CODE_POINTS if c != 0xFFFD and clean(chr(c)) == ""]
    punctuation = [c for c in CODE_POINTS if len(words(f"a{chr(c)}a")) == 3]
    marks = [c for c in CODE_POINTS if strip(chr(c)) == ""]
    lowered = [(c, fold(chr(c))) for c in CODE_POINTS if fold(chr(c)) != chr(c)]
    assert [c for c, text in lowered if len(text) > 1] == [0x130], "a new special case of lower-casing"
    kind = kinds()
    assert [c for c in CODE_POINTS if kind[c] == "space"] == WHITE_SPACE, "not the white space of BERT"
    lower = case_runs([(c, ord(text)) for c, text in lowered if len(text) == 1])
    rng = "CodePointRange"
    HEADER.write_text(
        "// Written by tests/reference/text_tables.py from the Hugging Face `tokenizers` library "
        f"{tokenizers.__version__};\n// do not edit. The tables are the reference's own, so that ids do not depend on the Unicode\n"
        "// version of the machine.\n#pragma once\n\n#include <cstdint>\n\n"
        "// clang-format off\nnamespace clipstill::text {\n\n"
        "struct CodePointRange {\n  char32_t first, last;\n};\n\n"
        "/// Every `step`-th code point of a range becomes itself plus `delta`.\n"
        "struct LowerCaseRange {\n  char32_t first, last;\n  uint32_t step;\n  int32_t delta;\n};\n\n"
        + "\n".join([
            table(rng, "kControlRanges", "Removed by clean_text (NUL included), U+FFFD aside.", ranges(control)),
            table(rng, "kPunctuationRanges", "Words of their own.", ranges(punctuation)),
            table(rng, "kNonspacingMarkRanges", "Removed by strip_accents.", ranges(marks)),
            table(rng, "kUndecomposedRanges",
                  "Decomposed or reordered by Unicode "
                  f"{unicodedata2.unidata_version}, but left alone by the reference.",
                  ranges(newer_than_reference())),
            table(rng, "kLetterRanges", "\\p{L} of the regular expressions.",
                  ranges(c for c in CODE_POINTS if kind[c] == "letter")),
            table(rng, "kNumberRanges", "\\p{N} of the regular expressions.",
                  ranges(c for c in CODE_POINTS if kind[c] == "number")),
            table("LowerCaseRange", "kLowerCaseRanges", "All of lower-casing but U+0130.", lower),
        ])
        + "\n}  // namespace clipstill::text\n// clang-format on\n"
    )


if __name__ == "__main__":
    main()
