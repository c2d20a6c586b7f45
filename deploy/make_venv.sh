#!/usr/bin/env bash
# Makes the virtual environment: pinned dependencies, the torch build that fits this machine, the package itself.
# Usage: deploy/make_venv.sh FOLDER [PYTHON]. pip's own settings (mirrors, wheel folders, proxies) are respected.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:?folder of the virtual environment}
python=${2:-python3}

"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"found Python {sys.version.split()[0]}, expected 3.11 or newer; run: make setup PYTHON=python3.11")
PY

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip=("$venv/bin/python" -m pip --disable-pip-version-check)
torch=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' constraints.txt)

if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
  if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then
    echo "setup: a GPU is here: installing the CUDA build of torch $torch"
    "${pip[@]}" install -qq "torch===$torch" # three signs: a CPU build (2.13.0+cpu) must not match
  elif [ "$(uname -s)" = Linux ] && "${pip[@]}" install -qq "torch==$torch+cpu" 2>/dev/null; then
    echo "setup: no GPU here: installed the CPU build of torch $torch"
  else
    echo "setup: pip knows no CPU build of torch $torch; taking its default build (on Linux several gigabytes of CUDA)."
    echo "       To avoid that, make the CPU wheel known to pip (a folder in PIP_FIND_LINKS, or PyTorch's CPU index)."
    "${pip[@]}" install -qq "torch==$torch"
  fi
fi

echo "setup: installing the pinned dependencies and ft_pipeline itself"
"${pip[@]}" install -qq --constraint constraints.txt --editable ".[dev]"
touch "$venv/.ready"
