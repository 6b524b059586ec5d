#!/usr/bin/env bash
# A TPM that runs (swtpm, on a Unix socket of this test): its quotes are verified, and every lie about
# them is refused. Usage: tpm_live_test.sh ATOMA
set -euo pipefail
atoma=$(realpath "$1")
work=$(mktemp -d)
cd "$work"
swtpm socket --tpm2 --tpmstate dir="$work" --flags not-need-init,startup-clear \
  --server type=unixio,path="$work/tpm" --ctrl type=unixio,path="$work/tpm.ctrl" >swtpm.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [[ -S tpm && -S tpm.ctrl ]] && break || sleep 0.1; done
[[ -S tpm && -S tpm.ctrl ]] || { cat swtpm.log && exit 1; }
export TPM2TOOLS_TCTI=swtpm:path=$work/tpm TSS2_LOG=all+NONE

# tpm COMMAND ARGUMENT…: quiet, and leaves no key loaded.
tpm() { "tpm2_$@" >tool.log 2>&1 || { cat tool.log && exit 1; }; tpm2_flushcontext -t; }

# policy AK-DIGEST: PCRs 0, 7 and 16 of the SHA-256 bank by this AK.
policy() {
  local pcr
  echo "atoma_policy: 1"
  echo "name: live"
  echo "revocation: require"
  echo "report_data: {accept_any: no hardware}"
  echo "accept: {vtpm: {nonce: require, ak: ['$1'], td_collateral: require,"
  echo "  vcek_not_before: require, pcr_bank: sha256, pcrs_selected: [0, 7, 16],"
  echo "  clock_safe: require, firmware_versions: {accept_any: swtpm}, measurements: {"
  for pcr in $(seq 0 22); do
    [[ $pcr == 16 ]] && echo "  pcr16: ['$pcr16']," || echo "  pcr$pcr: {accept_any: a test},"
  done
  echo "  pcr23: {accept_any: a test}}}}"
}

# expect CODE JQ-CONDITION ARGUMENT…
expect() {
  local expected=$1 condition=$2 code=0
  shift 2
  "$atoma" verify "$@" --json >out.json 2>err || code=$?
  if [[ $code != "$expected" ]] || ! jq -e "$condition" out.json >/dev/null; then
    echo "atoma verify $*: exit $code, expected $expected with $condition" >&2
    cat out.json err >&2
    exit 1
  fi
}
refused() { echo "[.findings[] | select(.outcome == \"fail\") | .id] == [\"$1\"]"; }

nonce=$(head -c 20 /dev/urandom | xxd -p)
extension=$(printf 'measured' | sha256sum | cut -c1-64)
tpm pcrextend "16:sha256=$extension"
pcr16=$({ head -c 32 /dev/zero; xxd -r -p <<<"$extension"; } | sha256sum | cut -c1-64)
tpm createek -G rsa -c ek.ctx -u ek.pub

for kind in rsa:rsassa rsa:rsapss ecc:ecdsa; do
  name=${kind#*:}
  tpm createak -C ek.ctx -c "$name.ctx" -G "${kind%:*}" -g sha256 -s "$name" -u "$name.pub"
  tpm readpublic -c "$name.ctx" -f der -o "$name.der"
  policy "$(sha256sum "$name.der" | cut -c1-64)" >"$name.yaml"
  tpm quote -c "$name.ctx" -l sha256:0,7,16 -q "$nonce" -m "$name.msg" -s "$name.sig" -g sha256 \
    --scheme "$name"
  tpm2_pcrread sha256:0,7,16 >"$name.pcrs"
  evidence=("$name.msg" --tpm-signature "$name.sig" --pcrs "$name.pcrs" --policy "$name.yaml")
  expect 0 ".tee == \"vtpm\" and .measurements.pcr16 == \"$pcr16\" and .claims.nonce == \"$nonce\"" \
    "${evidence[@]}" --ak "$name.pub" --nonce "$nonce"
  expect 0 '.verdict == "accepted"' "${evidence[@]}" --ak "$name.der" --nonce "$nonce"
  expect 1 "$(refused policy.vtpm.nonce)" "${evidence[@]}" --ak "$name.pub" --nonce 00
  expect 3 '.verdict == "unappraisable"' "${evidence[@]}" --ak "$name.pub"
  sed 's/^\( *7 *: 0x\)00/\101/' "$name.pcrs" >changed.pcrs
  expect 1 "$(refused tpm.pcr.digest)" "$name.msg" --tpm-signature "$name.sig" \
    --pcrs changed.pcrs --policy "$name.yaml" --ak "$name.pub" --nonce "$nonce"
done

# Another AK: neither is it the one of the policy, nor did it sign.
expect 1 '[.findings[] | select(.outcome == "fail") | .id] ==
  ["tpm.ak.trusted", "tpm.quote.signature"]' rsassa.msg --tpm-signature rsassa.sig \
  --pcrs rsassa.pcrs --policy rsassa.yaml --ak ecdsa.pub --nonce "$nonce"
# The EK is no AK: it decrypts.
expect 1 "$(refused tpm.ak.algorithm)" rsassa.msg --tpm-signature rsassa.sig --pcrs rsassa.pcrs \
  --policy rsassa.yaml --ak ek.pub --nonce "$nonce"
# What was extended later is another register, honestly quoted.
tpm pcrextend "16:sha256=$extension"
tpm quote -c rsassa.ctx -l sha256:0,7,16 -q "$nonce" -m late.msg -s late.sig -g sha256
tpm2_pcrread sha256:0,7,16 >late.pcrs
expect 1 "$(refused policy.measurement)" late.msg --tpm-signature late.sig --pcrs late.pcrs \
  --policy rsassa.yaml --ak rsassa.pub --nonce "$nonce"
# A quote that selects less.
tpm quote -c rsassa.ctx -l sha256:0,7 -q "$nonce" -m less.msg -s less.sig -g sha256
expect 1 '[.findings[] | select(.outcome == "fail") | .id] ==
  ["policy.vtpm.pcrs_selected", "policy.measurement"]' less.msg --tpm-signature less.sig \
  --pcrs late.pcrs --policy rsassa.yaml --ak rsassa.pub --nonce "$nonce"
echo "quotes of a running TPM are verified, and no lie about them is believed"
