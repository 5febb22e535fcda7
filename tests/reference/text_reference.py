"""What the goldens and the sweep share: the real tokenizer, byte offsets, hostile strings."""

import codecs
import json
import unicodedata

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# clean_text, handle_chinese_chars, strip_accents, lowercase
BERT = (True, True, True, True)
OPTIONS = [BERT, (True, True, False, False), (True, True, False, True), (True, True, True, False),
           (False, True, True, True), (True, False, True, True), (False, False, False, False)]


def reference(vocabulary, options=BERT):
    """The tokenizer that BertTokenizerFast makes of a vocabulary (a list; the index is the id)."""
    ids = {token: i for i, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
    tokenizer.add_special_tokens(SPECIALS)
    clean, chinese, strip, lower = options
    tokenizer.normalizer = BertNormalizer(
        clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip, lowercase=lower)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return tokenizer


def decoded(data):
    """Text of possibly invalid UTF-8, U+FFFD per maximal invalid part, and the byte at which each
    character starts (and the end of the last)."""
    invalid = []

    def replace(error):
        invalid.append((error.start, error.end))
        return "\ufffd", error.end

    codecs.register_error("clipstill", replace)
    text = data.decode("utf-8", errors="clipstill")
    sizes = iter(end - start for start, end in invalid)
    positions, starts = 0, [0]
    invalid_starts = {start for start, _ in invalid}
    for c in text:
        positions += next(sizes) if positions in invalid_starts else len(c.encode("utf-8"))
        starts.append(positions)
    assert positions == len(data)
    return text, starts


def tokens_of(encoding, starts):
    """[id, begin, end] in bytes, as our tokenizer reports them."""
    return [[i, starts[b], starts[e]] for i, (b, e) in zip(encoding.ids, encoding.offsets)]



POOLS = {
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "space": " \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000",
    "ascii_punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "punctuation": "¡§«¶·»¿‐–—‘’“”†•…‰‹›‼⁇、。〈〉《》「」〜・！，．：；？［］｛｝｡･؛؟।᙭⸺⹀⹒︰",
    "control": "\0\1\x07\x08\x0e\x1b\x7f\x80\x9f\xad\u0600\u06dd\u200b\u200c\u200d\u200e\u202a\u202e\u2060"
               "\u2066\ufeff\ufff9\ufffd\ue000\U000e0001\U000e0041\U000f0000\U0010fffd\U000110bd",
    "han": "一二三狗猫红绿蓝春夏秋冬的了在龥\u9ffe\u9fff\u3400\u4dbf\u4dc0",
    "han_extension": "\U00020000\U0002a6df\U0002a6e0\U0002a700\U0002b73f\U0002b740\U0002b81f\U0002b820\U0002b91f"
                     "\U0002b920\U0002ceaf\U0002ceb0\U0002ebe0\U0002f800\U0002fa1d\U00030000\U000323af",
    "han_compatibility": "\uf900\uf92c\ufa0e\ufa10\ufa6d\ufad9\u2f00\u2fd5\u3007\u3021",
    "accented": "éÉèñçüÖåøØßẞæŁİıĳǅǆÅṩệựžŐǰΐᾳῼΆΌώςΣσ",
    "kana_hangul": "あアがガヴｱﾞｶﾟ한글각힣각ㄱ",
    "other_script": "שלוםשּׁمرحبالأﷺНПриветйЁकिक्षिกำໄ་ཱིᏣꭰⴀႠᲀᲐჀﬁﬀ",
    "emoji": "😀👍🏽👩\u200d🚀❤️🇨🇳1️⃣☺⚕🏴\U000e0067\U000e007f🫠🪿",
    "symbol": "€£¥©®™°±×÷√∞≠←→①②Ⅳⅳ㎏℃½²№ΩKÅ\u037e\u1fef",
    "unassigned": "\u0378\u05ff\u2fe0\u1c89\ua7cb\ua7dc\U00010d50\U00016ea0\U0003fffe\uffff\U00011938",
}
MARKS = [chr(c) for c in range(0x30000) if unicodedata.combining(chr(c)) or unicodedata.category(chr(c)) in ("Mn", "Mc")]
FRAGMENTS = SPECIALS + ["[MASK", "MASK]", "[mask]", "[[CLS]]", "[SEP][SEP]", "x[PAD]y", "##", "##a", "[ MASK ]",
                        "İstanbul", "ΟΔΥΣΣΕΥΣ", "STRASSE straße", "e\u0301\u0316", "\u1e9b\u0323", "a\u302f\u034f\u302e"]
INVALID = [b"\x80", b"\xff", b"\xc0\xaf", b"\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80",
           b"\xf8\x88", b"\xe0\x80\x80", b"\xf0\x80\x80"]


def hostile(rng):
    """One generated text, as bytes; `rng` is a random.Random."""
    parts = []
    kinds = rng.sample(list(POOLS), k=rng.randint(1, 4))
    for _ in range(rng.randint(1, 12)):
        draw = rng.random()
        if draw < 0.70:
            parts.append("".join(rng.choices(POOLS[rng.choice(kinds)], k=rng.randint(1, 5))))
        elif draw < 0.80:
            parts.append("".join(rng.choices(MARKS, k=rng.randint(1, 4))))
        elif draw < 0.88:
            parts.append(rng.choice(FRAGMENTS))
        elif draw < 0.92:
            parts.append(rng.choice("aéあ\u0301") * rng.randint(95, 105))
        elif draw < 0.94:
            parts.append(rng.choice(INVALID))
        else:
            parts.append(" ")
    return b"".join(p if isinstance(p, bytes) else p.encode("utf-8") for p in parts)
