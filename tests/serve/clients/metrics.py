"""Reads metrics with the parsers of Prometheus: `metrics.py URL`. Prints families and samples."""

import json
import sys

import prometheus_client.openmetrics.parser as openmetrics
import prometheus_client.parser as prometheus
import requests

response = requests.get(f"{sys.argv[1]}/metrics")
response.raise_for_status()
print(response.headers["Content-Type"])
families = list(openmetrics.text_string_to_metric_families(response.text))
print(json.dumps({family.name: family.type for family in families}))
samples = [sample for family in families for sample in family.samples]
counted = {f"{s.name} {s.labels}": s.value for s in samples if s.name.endswith("_total")}
print(json.dumps(counted, sort_keys=True))
# Older ones read the text format.
names = {s.name for f in prometheus.text_string_to_metric_families(response.text) for s in f.samples}
print(names >= {s.name for s in samples})
