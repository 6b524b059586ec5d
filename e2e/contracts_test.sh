#!/usr/bin/env bash
# The contracts on a real EVM. Usage: contracts_test.sh CONTRACTS-FOLDER
set -euo pipefail
cd "$1"
if [[ $(cat node_modules/.pins 2>/dev/null) != "$(sha256sum <package-lock.json)" ]]; then
  echo "════ NO SOLIDITY COMPILER: contracts/ is NOT TESTED. Type:  scripts/contracts-packages ════"
  # A hole that a person may know about must not go by unseen in continuous integration.
  if [[ -n ${CI:-} ]]; then exit 1; else exit 77; fi
fi
node build.mjs
exec node --test --test-reporter=spec test/*.test.mjs
