#!/bin/sh
# Makes the bundled sample anew: 500 subscribers, 6 months, a quarter of the usual records (to stay below 5 MB).
# The files are byte for byte the same every time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rm -f "$here"/operator/usage_*.csv.gz
telco-crm sample "$here/operator" --subscribers 500 --months 6 --seed 20 --records 0.25 --churn-level 2.2 --dirty 0.002
gzip -n -9 -f "$here"/operator/usage_*.csv
