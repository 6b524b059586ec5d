#!/usr/bin/env bash
# Succeeds when the canary fails as planted, and only then.
#   canary.sh BINARY ARGUMENT…
if output=$("$@" 2>&1); then
  echo "the planted bug was not found:"
  echo "$output"
  exit 1
fi
[[ $output == *planted* ]] && echo "found the planted bug" && exit 0
echo "failed, but not by the planted bug:"
echo "$output"
exit 1
