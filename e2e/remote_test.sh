#!/usr/bin/env bash
# The commands that talk to a running Atoma: exit codes and the members of --json, refusals
# included. Usage: remote_test.sh ATOMA
set -euo pipefail
atoma=$1
work=$(mktemp -d)
server=''
stop() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap stop EXIT

"$atoma" up --data "$work/data" --sample --listen 127.0.0.1:0 --index-interval 24h \
  >"$work/up.log" 2>&1 &
server=$!
for _ in $(seq 1200); do
  [[ -s $work/data/address ]] && break
  kill -0 "$server" 2>/dev/null || { cat "$work/up.log" >&2; exit 1; }
  sleep 0.1
done
url=$(<"$work/data/address")

# expect CODE JQ-CONDITION ARGUMENT…
expect() {
  local expected=$1 condition=$2 code=0
  shift 2
  "$atoma" "$@" --server "$url" --json >"$work/out.json" 2>"$work/err" || code=$?
  if [[ $code != "$expected" ]] || ! jq -e "$condition" "$work/out.json" >/dev/null; then
    echo "atoma $*: exit $code, expected $expected with $condition" >&2
    cat "$work/out.json" "$work/err" >&2
    exit 1
  fi
}
admin=(--token-file "$work/data/admin.token")

printf 'correct horse' >"$work/secret.txt"
expect 0 '.version == 1' secret put password --file "$work/secret.txt" \
  --rule "$work/data/sample-rule.json" "${admin[@]}"
expect 0 '.verdict == "accepted"' attest --platform "$work/data/sample" --out "$work/workload"
expect 1 '.verdict == "refused"' attest --platform "$work/data/sample" --out "$work/impostor" \
  --measurement "$(printf 'ee%.0s' $(seq 48))"
expect 0 '.secret == "Y29ycmVjdCBob3JzZQ=="' secret get password --attestation "$work/workload"

# Every form of result opens the secret, and its proof holds.
for form in "jwt ML-DSA-65" "cwt ES256" "cwt ML-DSA-65"; do
  read -r format alg <<<"$form"
  expect 0 '.verdict == "accepted"' attest --platform "$work/data/sample" --out "$work/form" \
    --format "$format" --alg "$alg"
  [[ $(cd "$work/form" && echo ear.*) == "ear.$format" ]]
  expect 0 '.secret == "Y29ycmVjdCBob3JzZQ=="' secret get password --attestation "$work/form"
  "$atoma" audit "$work/form/bundle.json" --log-key "$work/form/log.vkey" \
    --verifier-keys "$work/form/jwks.json" --json | jq -e '.ok and all(.steps[]; .checked)' >/dev/null
  rm -r "$work/form"
done
curl -sf "$url/.well-known/cose-keys" >"$work/cose-keys"
[[ $(head -c1 "$work/cose-keys" | od -An -tx1) == ' 86' ]] # an array of six

# A refusal has the server's own reason, detail and status.
refused() { echo ".error | .reason == \"$1\" and .status == $2 and (.detail | length > 0)"; }
expect 1 "$(refused release.verdict 403)" secret get password --attestation "$work/impostor"
expect 1 "$(refused release.no_such_secret 404)" secret get nothing --attestation "$work/workload"
echo wrong >"$work/token"
expect 1 "$(refused auth.token 401)" secret list --token-file "$work/token"
# In the terminal the same, on one line.
"$atoma" secret get password --attestation "$work/impostor" --server "$url" 2>"$work/err" && exit 1
grep -q '^atoma: remote.refused: release.verdict: ' "$work/err"

# The log: what it shows and proves was checked against its checkpoint.
key=(--log-key "$work/data/registry/log.vkey")
expect 0 '.json.type == "attestation" and .json.body.verdict == "refused" and (.leaf_hash | length == 44)
  and .log_key_given and (.checkpoint | contains("\n— "))' log show 3 "${key[@]}"
expect 0 '.json.type == "genesis" and (.log_key_given | not)' log show 0
expect 0 '.index == 1 and (.proof | length > 0) and .tree.to_checkpoint == []' \
  log prove 1 "${key[@]}"
expect 0 '.tree.size == 3 and (.tree.to_checkpoint | length > 0)' log prove 1 --size 3 "${key[@]}"
expect 0 '.index == 0 and .proof == []' log prove 0 --size 1 "${key[@]}"
expect 0 '.from.size == 2 and .to.size == 5 and (.proof | length > 0)' \
  log prove --from 2 --to 5 "${key[@]}"
expect 0 '.from.size == .to.size and .proof == []' log prove --from 3 --to 3 "${key[@]}"
"$atoma" log checkpoint --server "$url" >"$work/checkpoint.txt"
size=$(sed -n 2p "$work/checkpoint.txt")
expect 0 '.verdict == "accepted"' attest --platform "$work/data/sample" --out "$work/workload"
expect 0 ".from.size == $size and .to.size > $size" \
  log prove --known "$work/checkpoint.txt" "${key[@]}"
"$atoma" log show 1 --server "$url" "${key[@]}" | grep -qE '^  type +secret.put$'
"$atoma" log prove 1 --server "$url" "${key[@]}" | grep -q '^entry 1 is in the tree of '
for bad in "" "--from 0" "--from 1 --to 99" "--from 3 --to 2" "99" "1 --size 1" "1 --size 0"; do
  read -ra words <<<"$bad"
  expect 2 '.error.reason | . == "usage.log_prove" or . == "log.size" or . == "log.index"' \
    log prove "${words[@]}"
done
expect 2 '.error.reason == "log.index"' log show 99
