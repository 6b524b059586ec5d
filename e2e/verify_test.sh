#!/usr/bin/env bash
# The contract of `atoma verify`: exit codes and the members of --json, on real evidence from the
# Debian packages. Usage: verify_test.sh ATOMA SOURCE_DIR
set -euo pipefail
atoma=$1 root=$2
: "${ATOMA_DEBIAN_SAMPLES:?the folder with the unpacked Debian samples}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$root/scripts/debian-evidence"
lay_out_debian_evidence "$ATOMA_DEBIAN_SAMPLES" "$work"
policy=$root/examples/policy-debian-samples.yaml
tdx=(--policy "$policy" --at 2023-07-08T06:24:59Z)

# expect CODE JQ-CONDITION ARGUMENT…
expect() {
  local expected=$1 condition=$2 code=0
  shift 2
  "$atoma" verify "$@" --json >"$work/out.json" 2>"$work/err" || code=$?
  if [[ $code != "$expected" ]] || ! jq -e "$condition" "$work/out.json" >/dev/null; then
    echo "atoma verify $*: exit $code, expected $expected with $condition" >&2
    cat "$work/out.json" "$work/err" >&2
    exit 1
  fi
}

members='has("verdict") and has("tee") and has("tcb_status") and has("findings") and
  has("measurements") and has("advisories")'
expect 0 "$members and .verdict == \"accepted\" and .tee == \"tdx\" and
  .tcb_status == \"NotSupported\" and (.findings | length > 60) and
  (.measurements.mrtd | length == 96)" "$work/quote.bin" --collateral "$work/collateral" "${tdx[@]}"
expect 0 '.tee == "snp" and .tcb_status == null' "$work/report.bin" --endorsements "$work/vcek.der" \
  "$work/ask_ark.pem" --policy "$policy" --at 2025-01-01T00:00:00Z

# The strict default accepts neither.
expect 1 '[.findings[] | select(.outcome == "fail") | .class] | index("tcb") != null' \
  "$work/quote.bin" --collateral "$work/collateral" --at 2023-07-08T06:24:59Z
# Another time, other report data.
expect 1 '[.findings[] | select(.outcome == "fail") | .class] | index("validity") != null' \
  "$work/quote.bin" --collateral "$work/collateral" --policy "$policy" --at 2024-07-08T06:24:59Z
expect 1 '[.findings[] | select(.outcome == "fail") | .id] == ["policy.report_data"]' \
  "$work/quote.bin" --collateral "$work/collateral" "${tdx[@]}" --report-data 00ff
# Malformed evidence and malformed collateral are refused, with the parser's reason.
head -c 700 "$work/quote.bin" >"$work/short.bin"
expect 1 '.parsed == false and .findings[0].id == "quote.truncated"' "$work/short.bin" \
  --collateral "$work/collateral" "${tdx[@]}"
cp -r "$work/collateral" "$work/damaged"
echo '{' >"$work/damaged/tcb_info.json"
expect 1 '[.findings[].id] | index("json.syntax") != null' "$work/quote.bin" \
  --collateral "$work/damaged" "${tdx[@]}"
# What is missing leaves the verdict open and is named.
rm "$work/damaged/tcb_info.json"
expect 3 '.verdict == "unappraisable" and
  ([.findings[] | select(.outcome == "missing") | .id] == ["intel.tcb_info.present"])' \
  "$work/quote.bin" --collateral "$work/damaged" "${tdx[@]}"
expect 3 '.authentic == "unknown"' "$work/report.bin" --policy "$policy" --at 2025-01-01T00:00:00Z
# A dry run lists every check that refuses under each policy, and ends as the worst of them.
dry=("$work/quote.bin" --collateral "$work/collateral" --at 2023-07-08T06:24:59Z --dry-run)
expect 0 '.dry_run and .verdict == "accepted" and (.policies[0].refusals | length == 0)' \
  "${dry[@]}" --policy "$policy"
expect 1 '.policies[0].verdict == "refused" and .policies[0].policy_can_accept and
  ([.policies[0].refusals[] | .id] | index("policy.tcb_status") != null) and
  (.policies[1].verdict == "accepted")' "${dry[@]}" --policy "$root/examples/policy-tdx.yaml" \
  --policy "$policy"
expect 1 '.policies[0].file == "" and .policies[0].name == "strict"' "${dry[@]}"
expect 3 '.verdict == "unappraisable" and .policies[0].refusals[0].platform == "hand in what is missing"' \
  "$work/report.bin" --policy "$policy" --at 2025-01-01T00:00:00Z --dry-run
expect 2 '.error.reason == "usage.policies"' "$work/quote.bin" --policy "$policy" --policy "$policy"
# Values left to who signs them: a policy names the key, a set has the values.
"$atoma" reference key --key "$work/builder.key" >"$work/builders.jwks"
kid=$("$atoma" reference key --key "$work/builder.key" --json | jq -r .kid)
mrtd=6363b8043668a3ad953278e10389574d326c6749fb78aa810ecd9336923db86f22fc00b8dcd404bc10d5e119d7215cbb
sed "s/mrtd: .*/mrtd: {signed_by: [$kid]}/" "$policy" >"$work/signed.yaml"
sed "s/^  - tee: snp/  - {tee: tdx, label: sample, measurements: {mrtd: \"$mrtd\"}}\n&/" \
  "$root/examples/reference-values.yaml" | sed 's/2026-11-01/2023-01-01/' >"$work/set.yaml"
"$atoma" reference sign "$work/set.yaml" --key "$work/builder.key" >/dev/null
signed=("$work/quote.bin" --collateral "$work/collateral" --at 2023-07-08T06:24:59Z
  --policy "$work/signed.yaml")
sets=(--reference-values "$work/set.yaml" --reference-keys "$work/builders.jwks")
expect 0 ".reference_values_sha256 == \"$(sha256sum "$work/set.yaml" | cut -d' ' -f1)\"" \
  "${signed[@]}" "${sets[@]}"
expect 3 '[.findings[] | select(.outcome == "missing") | .id] == ["policy.reference_values"] and
  .reference_values_sha256 == null' "${signed[@]}"
expect 2 '.error.reason == "usage.reference_keys"' "${signed[@]}" --reference-values "$work/set.yaml"
echo '# another' >>"$work/set.yaml"
expect 1 '[.findings[] | select(.outcome == "fail") | .id] == ["jws.signature"]' \
  "${signed[@]}" "${sets[@]}"
# A CPU and its GPUs in one file: each part is judged, and one verdict is given.
composite=$root/fuzz/corpus/composite_file/two
expect 1 '.composite and .verdict == "refused" and .gpu_binding == null and
  .cpu.findings[0].id == "snp.size" and .gpus.tee == "nvidia" and
  ([.findings[] | select(.outcome == "fail") | .id] == ["policy.composite.gpu_binding"])' \
  "$composite" --nonce 00112233
expect 1 '[.findings[] | select(.outcome == "missing") | .id] == ["composite.challenge"]' "$composite"
expect 1 '.verdict == "refused" and ([.policies[0].refusals[].part] | unique | contains(["cpu", "gpus"]))' \
  "$composite" --nonce 00112233 --dry-run
# Usage.
expect 2 '.error.reason == "file.unreadable"' "$work/nothing.bin"
expect 2 '.error.reason == "policy.version"' "$work/quote.bin" --policy "$work/damaged/qe_identity.json"
expect 2 '.error.reason == "time.format"' "$work/quote.bin" --at yesterday
expect 2 '.error.reason == "hex.format"' "$work/quote.bin" --report-data xyz
# A report of an NVIDIA device, recognised by its request; the nonce is 32 bytes.
expect 2 '.error.reason == "usage.nonce"' "$work/report.bin" --cert-chain "$work/ask_ark.pem" --nonce 00
printf '\x11\xe0\x01\xff\0\0\0\0' >"$work/gpu.bin"
expect 1 '.tee == "nvidia" and .findings[0].id == "spdm.truncated"' "$work/gpu.bin" \
  --cert-chain "$work/ask_ark.pem" --at 2025-01-01T00:00:00Z
if [[ -n ${ATOMA_VECTORS:-} ]]; then
  gpu=$ATOMA_VECTORS/nvidia/hopper_535_86_09 rims=$ATOMA_VECTORS/nvidia/rims
  expect 1 '.authentic == "yes" and .devices[0].chip == "GH100" and
    .devices[0].mismatched_indices == [9] and .devices[0].revocation == "unknown" and
    ([.findings[] | select(.outcome == "fail") | .class] | index("measurement") != null)' \
    "$gpu/report.bin" --cert-chain "$gpu/cert_chain.pem" --at 2025-01-01T00:00:00Z \
    --nonce 27a328247bf7935c993341cf587be6f05986ccce4fe7ba2c54100bd616a58f66 \
    --rim "$rims/NV_GPU_VBIOS_1010_0200_882_96005E0001_measurement_mismatch.xml"
fi
head -c 70000 /dev/zero >"$work/large.bin"
expect 2 '.error.reason == "file.too_large"' "$work/large.bin"
code=0
"$atoma" verify --nonsense >/dev/null 2>&1 || code=$?
[[ $code == 2 ]]
echo "exit codes and JSON are as documented"
