#!/usr/bin/env bash
# Every evidence case of the vector folders that Atoma has a verifier for, answered right; and a
# wrong expectation must be noticed. Usage: conformance_test.sh ATOMA
set -euo pipefail
atoma=$1
if [[ -z ${ATOMA_VECTORS:-} ]]; then
  echo "NO VECTORS: ../shared/vectors is not there, so no real evidence case was answered."
  [[ -z ${CI:-} ]] || exit 1
  exit 77
fi
for tee in tdx sgx snp nvidia nitro cca vtpm eventlog; do
  "$atoma" conformance "$ATOMA_VECTORS/$tee" | tail -1
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$ATOMA_VECTORS/tdx" "$work/tdx"
chmod -R u+w "$work"
jq '.cases[0].expect.tcb_status = "OutOfDate"' "$ATOMA_VECTORS/tdx/cases.json" >"$work/tdx/cases.json"
code=0
"$atoma" conformance "$work/tdx" >"$work/out" || code=$?
[[ $code == 1 ]] || { echo "a wrong expectation went unnoticed (exit $code)"; exit 1; }
grep -q WRONG "$work/out"
