"""Compares the event file of a run with its log, by the reader of TensorBoard.

pip install tensorboard
python models/tests/training/read_event_file.py FOLDER
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

CURVES = {
    "loss/validation": "validation_nats",
    "loss/training": "train_nats",
    "learning_rate": "learning_rate",
    "tokens_per_second": "tokens_per_s",
}

folder = sys.argv[1]
events = EventAccumulator(folder)
events.Reload()
with open(folder + "/log.jsonl") as log:
    lines = [json.loads(line) for line in log]
for tag, key in CURVES.items():
    scalars = events.Scalars(tag)
    assert [scalar.step for scalar in scalars] == [line["step"] for line in lines], tag
    # The file holds numbers of 32 bits.
    assert all(abs(scalar.value - line[key]) <= 1e-6 * abs(line[key]) for scalar, line in zip(scalars, lines)), tag
print(f"{len(lines)} lines of the log are in the event file")
