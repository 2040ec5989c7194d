"""Tokenizer files made by Hugging Face's `tokenizers`, and what the library makes of texts with them.

    pip install tokenizers==0.23.3
    python models/tests/tokenizers/oracle.py DATA models/tests/tokenizers/oracle

DATA is a folder with tinyshakespeare.txt and torture_utf8.txt. Writes one `NAME.json` for each style of file, and
`expected.json`: the texts, and for each file and text the first 16 digits of the SHA-256 of the ids, the offsets and
the decoded text, as `said` writes them. Some trainers of the library order equals at random, so the files of another
run may differ; files and answers belong together.

With one folder alone, `oracle.py models/tests/tokenizers/oracle`, only `tokens.json` is written: the names of the tokens
of one text by the files that are there.

One text is left out: where a SentencePiece table removes the first character, the library's offsets are those of the
characters before (`"\\u200bthe king"` gives 0-3 for `the`).
"""

import base64
import hashlib
import json
import random
import sys
import unicodedata
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

data, out = (Path(sys.argv[1]), Path(sys.argv[2])) if len(sys.argv) > 2 else (None, Path(sys.argv[1]))
if data is not None:
    shakespeare = (data / "tinyshakespeare.txt").read_text(encoding="utf-8")
    torture = (data / "torture_utf8.txt").read_bytes().decode("utf-8")
    short = shakespeare[:60_000]
SIZE = 512
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


# The replacements `ﬁ` to `fi`, `é` (two characters) to one, `é` to `e`, U+200B to nothing, `ß` to `ss`, `Ａ`, `…`, a tab and
# U+00A0 to a space, `각` (three characters) to one, `Å` (U+212B), `½`, `①` and U+0301 with `a` to `á`, as SentencePiece
# compiles them (`normalization_rule_tsv`).
CHARSMAP = (
    "AAQAAAAgAAAJDQAAAQAAgMwYAgCBBQAAHwAAgKARAAAJAACAnwUAABYAAIARAACAgZgBAGEFAAAcAACAgPwDAIQEAgDhEAIAhYgCAKGAAwDh"
    "BAIAhqQCAKgNAAAiAACAiz0AAAAAAIADAACAqxkAAL1xAAAZAACABwAAgKANAACB+QAAgPACABMAAIChHQAArPQCAIRUAgAPAACAJwAAACYA"
    "AAApAAAAKAAAACsAAAAqAAAALQAAACwAAAAvAAAALgAAADEAAACRPAIAMwAAALzAAgA1AAAANAAAADcAAAA2AAAAOQAAADgAAACmjQAAOgAA"
    "AD0AAAA8AAAAqdEAAD4AAABBAAAAQAAAAEMAAABCAAAARQAAAEQAAABHAAAARgAAAEkAAABIAAAASwAAAEoAAABNAAAATAAAAE8AAABOAAAA"
    "UQAAAFAAAABTAAAAUgAAAFUAAABUAAAAVwAAAFYAAABZAAAAWAAAAFsAAABaAAAAXQAAAFwAAABfAAAAXgAAAGEAAABgAAAAYwAAAGIAAABl"
    "AAAAZAAAAGcAAABmAAAAaQAAAGgAAABrAAAAagAAAG0AAABliAIAbwAAAG4AAABxAAAAcAAAAHMAAAByAAAAdQAAAHQAAAB3AAAAdgAAAHkA"
    "AAB4AAAAewAAAHoAAAB9AAAAfAAAAH8AAAB+AAAAgQAAAIAAAACDAAAAggAAAIUAAACEAAAAhwAAAIYAAACJAAAAiAAAAIsAAACKAAAAjQAA"
    "AIwAAACPAAAAjgAAAJEAAACQAAAAkwAAAJIAAACVAAAAlAAAAJcAAACWAAAAmQAAAJgAAACbAAAAmgAAAJ0AAACcAAAAnwAAAJ4AAAChAAAA"
    "oAAAAKMAAACiAAAApQAAAKQAAACnAAAApgAAAKkAAACoAAAAqwAAAKoAAACtAAAArAAAAK8AAACuAAAAsQAAALAAAACzAAAAsgAAALUAAAC0"
    "AAAAtwAAALYAAAC5AAAAuAAAALsAAAC6AAAAvQAAALwAAAC/AAAAvgAAAMEAAADAAAAAwwAAAMIAAADMOAEAxAAAAMcAAADGAAAAyQAAAMgA"
    "AADCsAEAw3ABAM0AAADMAAAAzwAAAM4AAADRAAAA0AAAANMAAADSAAAA1QAAANQAAADXAAAA1gAAANkAAADYAAAA2wAAANoAAADdAAAA3AAA"
    "AN8AAADeAAAA4QAAAOAAAADjAAAA4gAAAOUAAADkAAAA5wAAAO+gAQDpAAAA4YgBAOIoAQDqAAAA7QAAAOwAAADvAAAA7gAAAPEAAADwAAAA"
    "8wAAAPIAAAD1AAAA9AAAAPcAAAD2AAAA+QAAAPgAAAD7AAAA+gAAAP0AAAD8AAAA/wAAAP4AAAAAIAAuLi4AMQAx4oGEMgBBAGUAZmkAc3MA"
    "w4UAw6EAw6kA6rCBAA=="
)


def bpe_trainer(**more):
    options = {"vocab_size": SIZE, "show_progress": False, "initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}
    return trainers.BpeTrainer(**{**options, **more})


def byte_names():
    return [f"<0x{byte:02X}>" for byte in range(256)]


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.train_from_iterator([short], bpe_trainer(special_tokens=["<|endoftext|>"]))
    return tokenizer


def roberta():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([short], bpe_trainer(special_tokens=["<s>", "</s>"]))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.add_tokens([AddedToken("narwhal", single_word=True), AddedToken("KING RICHARD", rstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=True)
    return tokenizer


def llama3():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(LLAMA3), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([short], bpe_trainer())
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    template = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair=None, special_tokens=[("<|begin_of_text|>", begin)]
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def llama2():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "<s>", "</s>"]
    trained.train_from_iterator(
        short.split("\n"), bpe_trainer(initial_alphabet=[], special_tokens=[*special, *byte_names()])
    )
    made = json.loads(trained.to_str())["model"]
    merges = [tuple(merge) for merge in made["merges"]]
    tokenizer = Tokenizer(models.BPE(made["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def clip():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True), pre_tokenizers.Punctuation("contiguous")]
    )
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    tokenizer.train_from_iterator(
        [short], bpe_trainer(special_tokens=["<unk>"], initial_alphabet=[], end_of_word_suffix="</w>")
    )
    return tokenizer


def bert(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=lowercase)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        [short + " é ö ß 漢 字 ñ"],
        trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=special, show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def unigram(byte_fallback):
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(
        short.split("\n"),
        trainers.UnigramTrainer(vocab_size=400, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False),
    )
    pieces = [tuple(piece) for piece in json.loads(trained.to_str())["model"]["vocab"]]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    names = [(name, 0.0) for name in byte_names()] if byte_fallback else []
    vocabulary = special + names + [piece for piece in pieces if piece[0] != "<unk>"]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=byte_fallback))
    if byte_fallback:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        tokenizer.decoder = decoders.Sequence(
            [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first", split=False)]
        )
    else:
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
        )
        tokenizer.decoder = decoders.Metaspace()
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return tokenizer


def precompiled():
    tokenizer = unigram(False)
    tokenizer.normalizer = normalizers.Precompiled(base64.b64decode(CHARSMAP))
    return tokenizer


def words():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        [short], trainers.WordLevelTrainer(vocab_size=300, special_tokens=["<unk>"], show_progress=False)
    )
    tokenizer.post_processor = processors.BertProcessing(("the", tokenizer.token_to_id("the")), ("<unk>", 0))
    return tokenizer


def texts():
    """Strings of all of Unicode, of what tokenizers trip over, and of real text."""
    draw = random.Random(7)
    assigned = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    common = list("  ''\n\t.,!?-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    odd = list("éèßſİıǅﬁ①½٣漢字かな한글각\u0301\u0323\u0300\u200d\u200b\u00a0\u3000\ufeff\ufffd▁Ġ👩🏽‍🚀🇨🇭\u0000\r\x85\u2028")
    marks = [chr(code) for code in range(0x300, 0x370)] + list("aeiouAEIOUsSdD")
    pools = [assigned, common, odd, marks, common + odd, common + assigned[:3000]]
    made = []
    for at in range(240):
        pool = pools[at % len(pools)]
        made.append("".join(draw.choice(pool) for _ in range(draw.randrange(1, 24))))
    fixed = [
        "", " ", "  ", "\n", "a", " a", "a ", "Hello, world!", "We'll don't I'M they're", "lectrue", "x  y   z",
        "<|endoftext|>", "a<|endoftext|> b", "<s>no</s> [MASK] <mask>  <pad>", "one  <mask> two<mask>",
        "narwhal narwhals narwhal.", "KING RICHARD III", "[CLS] the [SEP]", "<0x41><unk>", "<unk>é", "éé漢漢ab",
        "the\n\nking\n  is   here\t\n", "1234567 12,345.67", "ﬁne ﬀ Å Å Å ș ş", "각 각 ä̋ q̣̇ q̣̇",
        "x" * 130, "ab" * 100, "\u0301a", "É", "İstanbul ΣΑΣ", "日本語テキスト。中文", "مرحبا שלום", "👩🏽‍🚀👨‍👩‍👧",
        "a\u200b\u200bb ﬁne①…½ß\u00a0x", "\u0301a e\u0301\u0301 \u1100\u1161\u11a8 \u212b", "the\u200b", "ß\u200bß",
    ]
    return fixed + made


def said(tokenizer, text):
    encoding = tokenizer.encode(text)
    ids = " ".join(map(str, encoding.ids))
    offsets = " ".join(f"{start}-{end}" for start, end in encoding.offsets)
    return f"{ids}\n{offsets}\n{tokenizer.decode(encoding.ids)}"


def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def main():
    styles = {
        "gpt2": gpt2(), "roberta": roberta(), "llama3": llama3(), "llama2": llama2(), "clip": clip(),
        "bert": bert(True), "bert_cased": bert(False), "unigram_bytes": unigram(True), "t5": unigram(False),
        "words": words(), "precompiled": precompiled(),
    }  # fmt: skip
    strings = texts()
    expected = {"texts": strings, "styles": {}}
    for name, tokenizer in styles.items():
        (out / f"{name}.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        answers = [said(tokenizer, text) for text in strings]
        expected["styles"][name] = {
            "texts": [digest(answer) for answer in answers],
            "torture": digest(said(tokenizer, torture)),
            "shakespeare": digest(said(tokenizer, shakespeare)),
        }
        if len(sys.argv) > 3:
            whole = answers + [said(tokenizer, torture), said(tokenizer, shakespeare)]
            (Path(sys.argv[3]) / f"{name}.json").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.train_from_iterator([shakespeare[:200_000]], bpe_trainer(vocab_size=1024))
    merges = [" ".join(merge) for merge in json.loads(learner.to_str())["model"]["merges"]]
    expected["merges"] = digest("\n".join(merges))
    expected["first_merges"] = merges[:20]
    (out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def names(folder):
    """The names of the tokens of one text, in which each style meets what it does not know."""
    text = "the 漢字 é 🚀x zebra"
    files = sorted(path for path in folder.glob("*.json") if path.stem not in ("expected", "tokens"))
    tokens = {path.stem: Tokenizer.from_file(str(path)).encode(text).tokens for path in files}
    lines = ",\n".join(f"  {json.dumps(style)}: {json.dumps(own)}" for style, own in tokens.items())
    (folder / "tokens.json").write_text(f'{{\n"text": {json.dumps(text)},\n"styles": {{\n{lines}\n}}\n}}\n')


if data is not None:
    main()
names(out)
