"""Medians and ratios over the turns that bench/run_train left in a folder."""

import json
import statistics
import sys
from pathlib import Path

ROWS = ["loader"] + [f"{p}/{what}" for p in ("fp32", "bf16") for what in ("step", "end_to_end")]


def medians(folder, name):
    runs = [json.loads(path.read_text()) for path in sorted(Path(folder).glob(f"{name}-*.json"))]

    def value(run, row):
        for key in row.split("/"):
            run = run[key]
        return run

    return {row: statistics.median(value(run, row) for run in runs) for row in ROWS}


def main():
    ours, peer = medians(sys.argv[1], "ours"), medians(sys.argv[1], "torch")
    print(f"{'samples/s':18} {'ours':>8} {'PyTorch':>8} {'ratio':>6}")
    for row in ROWS:
        print(f"{row:18} {ours[row]:8.0f} {peer[row]:8.0f} {ours[row] / peer[row]:5.2f}x")
    for name, speeds in (("ours", ours), ("PyTorch", peer)):
        shares = ", ".join(
            f"{p} {100 * speeds[p + '/end_to_end'] / speeds[p + '/step']:.1f} %" for p in ("fp32", "bf16"))
        print(f"{name}: end to end of step alone: {shares}")


if __name__ == "__main__":
    main()
