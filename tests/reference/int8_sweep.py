#!/usr/bin/env python3
"""Runs the int8 graphs of bundles where nothing of clipstill runs, and compares the embeddings.

  int8_sweep.py TOOL [BUNDLE...]

TOOL is `export_dump`, which exports a random model of every tower in fp32 and int8. Each int8 graph
passes the ONNX checker and runs three times: in the reference evaluator of the onnx package (numpy;
not the LSTM towers, which it cannot run), in ONNX Runtime node by node, and in ONNX Runtime as
users run it, with int8 kernels. Prints the largest difference of each from the embeddings that
clipstill expects, and the int8 kernels that ran. Exits with 1 where the node-by-node runs differ by
more than rounding can do (a step of int8 here and there), or where no int8 kernel ran.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
import onnxruntime
from onnx.reference import ReferenceEvaluator
from safetensors import safe_open

TOLERANCE = 2e-2  # random models of 24 dimensions; a bundle is held to 1e-2 (src/runtime/selftest.cpp)
ROWS = 24
INT8 = re.compile(r"QLinear|QGemm|MatMulInteger|ConvInteger|DynamicQuantize")
SETTINGS = [
    ["image.arch=resnet", "text.arch=transformer"],
    ["image.arch=resnet", "image.size=96", "image.width=48", "text.arch=transformer", "text.embedding_width=8"],
    ["image.arch=mobile", "image.size=45", "image.blocks=[1, 3]", "text.arch=lstm"],
    ["image.arch=vit", "image.size=64", "image.width=64", "image.head_width=32", "image.blocks=[3]",
     "text.arch=transformer", "text.layers=4", "text.context=77"],
    ["image.arch=seed_conv", "image.size=64", "text.arch=seed_lstm"],
    ["image.arch=seed_conv", "image.size=56", "text.arch=lstm", "text.embedding_width=8"],
]


def options(optimise):
    out = onnxruntime.SessionOptions()
    out.log_severity_level = 3
    if not optimise:
        out.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return out


def run(path, inputs, optimise):
    session = onnxruntime.InferenceSession(path, options(optimise), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def kernels(path, inputs):
    """The int8 operators of one run, from the profile."""
    with tempfile.TemporaryDirectory() as folder:
        settings = options(True)
        settings.enable_profiling = True
        settings.profile_file_prefix = str(Path(folder) / "run")
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        session.run(None, inputs)
        events = json.loads(Path(session.end_profiling()).read_text())
    ran = [e["args"]["op_name"] for e in events if e.get("cat") == "Node" and e["name"].endswith("_kernel_time")]
    return Counter(op for op in ran if INT8.match(op))


def difference(got, expected):
    return float(np.abs(got - expected).max()) if np.isfinite(got).all() else float("inf")


def check(bundle, name):
    with safe_open(bundle / "selftest.safetensors", "np") as file:
        test = {key: file.get_tensor(key) for key in file.keys()}
    worst, found = 0.0, True
    for kind, keys in (("image", ["pixel_values"]), ("text", ["input_ids", "attention_mask"])):
        path = str(bundle / "onnx" / f"{kind}_encoder_int8.onnx")
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        inputs = {key: test[key] for key in keys}
        expected = test[f"{kind}_embeds_int8"]
        line = f"{name}: {kind}: int8 from fp32 {difference(expected, test[f'{kind}_embeds']):.1e}"
        if all(node.op_type != "LSTM" for node in model.graph.node):
            few = {key: value[:4] for key, value in inputs.items()}
            newer = onnx.version_converter.convert_version(model, 19)  # the oldest that the evaluator has
            reference = difference(ReferenceEvaluator(newer).run(None, few)[0], expected[:4])
            line += f", onnx reference {reference:.1e}"
            worst = max(worst, reference)
        plain = difference(run(path, inputs, False), expected)
        fused = difference(run(path, inputs, True), expected)
        ran = kernels(path, inputs)
        print(f"{line}, node by node {plain:.1e}, int8 kernels {fused:.1e} {dict(ran)}", flush=True)
        worst = max(worst, plain, fused)
        found = found and bool(ran)
    return worst, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("bundles", nargs="*", type=Path)
    arguments = parser.parse_args()
    worst, good = 0.0, True
    for setting in SETTINGS:
        for reduce_range in ("true", "false"):
            with tempfile.TemporaryDirectory() as folder:
                bundle = Path(folder) / "bundle"
                subprocess.run([arguments.tool, bundle, str(ROWS), f"int8.reduce_range={reduce_range}",
                                *("model." + s for s in setting)], check=True)
                got, found = check(bundle, f"{' '.join(setting)}, {'7' if reduce_range == 'true' else '8'}-bit weights")
            worst, good = max(worst, got), good and found
    for bundle in arguments.bundles:
        got, found = check(bundle, str(bundle))
        worst, good = max(worst, got), good and found
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: "
          f"{2 * len(SETTINGS) + len(arguments.bundles)} bundles, largest difference {worst:.1e}")
    sys.exit(worst > TOLERANCE or not good)


if __name__ == "__main__":
    main()
