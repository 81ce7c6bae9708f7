"""All that a server can do for a notebook, with nothing but requests and pandas.

EPOCHCAST_TOKEN=$(epochcast token create --name me --scope write) python examples/requests_and_pandas.py
"""

import os

import pandas as pd
import requests

URL = os.environ.get("EPOCHCAST_URL", "http://127.0.0.1:8080")
NET, PLATFORM = "RegNetY-4GF", "v100x8-paper"

# A prediction: a row for each platform, with the interval in two columns.
question = {"model": {"name": NET}, "scaling": {"strategy": "dWr", "factor": 4}}
answer = requests.post(f"{URL}/v1/predict", json=question).json()
times = pd.json_normalize(answer["predictions"])
print(times[["platform", "epoch_seconds", "interval.low_seconds", "interval.high_seconds"]].round(1))

# A comparison, straight from its address.
ways = pd.read_csv(f"{URL}/v1/compare.csv?model={NET}&strategies=d,w,r,dWr&factors=1,4,16&platform={PLATFORM}")
print(ways.pivot(index="factor", columns="strategy", values="epoch_seconds").round(0))

# A plan: for each way to scale, the largest net that trains in half an hour.
question = {"model": {"name": NET}, "platform": PLATFORM, "limits": {"epoch_seconds": 1800}}
options = pd.json_normalize(requests.post(f"{URL}/v1/plan", json=question).json()["options"])
print(options[["strategy", "alpha", "factor", "scaled.complexity.flops", "limited_by"]].round(2))

# The timings behind the predictions, and the time against the acts as the paper drew it.
timings = pd.read_csv(f"{URL}/v1/measurements.csv?platform={PLATFORM}")
print(len(timings), "timings; first:", timings["label"][0])
drawn = pd.read_csv(f"{URL}/v1/charts/fit.csv?platform={PLATFORM}&mode=train&x=acts")
print(f"r of time and acts: {drawn['acts'].corr(drawn['epoch_seconds']):.3f}")

# What is wrong comes with its place and a hint.
wrong = requests.post(f"{URL}/v1/predict", json={"model": {"name": NET}, "scaling": {"strategy": "dwR", "factor": 4}})
for error in wrong.json()["errors"]:
    print(wrong.status_code, error["pointer"], error["value"], "-", error["hint"])

# Timings of your own, as a table; sent twice they are stored once.
mine = pd.DataFrame({
    "platform": "my-4090", "device": "NVIDIA GeForce RTX 4090", "precision": "amp", "mode": "train",
    "name": ["resnet18", "resnet50", "RegNetY-4GF"], "batch_size": 256, "images_per_second": [4100.0, 1510.0, 905.0],
})  # fmt: skip
headers = {"Authorization": f"Bearer {os.environ['EPOCHCAST_TOKEN']}", "Content-Type": "text/csv"}
for _ in range(2):
    sent = requests.post(f"{URL}/v1/measurements", data=mine.to_csv(index=False), headers=headers).json()
    print(f"{sent['accepted']} accepted, {sent['duplicates']} known already, wrong: {sent['errors']}")
again = requests.post(f"{URL}/v1/predict", json={"model": {"name": "ResNet-101"}, "platform": "my-4090"}).json()
print(f"ResNet-101 on my-4090: {again['predictions'][0]['epoch_seconds'] / 60:.0f} minutes")
