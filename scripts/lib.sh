# Sourced by the other scripts: where things are, and how to talk to a person.
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export ATOMA_CACHE=${ATOMA_CACHE:-${HOME:?HOME is not set}/.cache/atoma}
[[ $ATOMA_CACHE == /* ]] || ATOMA_CACHE=$PWD/$ATOMA_CACHE

bold='' red='' green='' plain=''
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi

# Talk goes to stderr: stdout belongs to the command that a script runs.
say() { printf '%s\n' "$bold$*$plain" >&2; }
good() { printf '%s\n' "$green$*$plain" >&2; }
warn() { printf '%s\n' "$red$*$plain" >&2; }
die() {
  warn "$@"
  exit 1
}

on_trixie() { (. /etc/os-release && [[ ${VERSION_CODENAME:-} == trixie ]]) 2>/dev/null; }

# Makes the calling script start again in Debian 13, unless it is there already.
enter_root() { [[ -n ${ATOMA_ENTERED:-} ]] || exec "$repo/scripts/in-root" "$0" "$@"; }

# As root on Debian: quietly, and again after an update when the lists are missing or stale.
apt_install() {
  local log=$ATOMA_CACHE/apt-get.log
  local install=(env DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@")
  say "Installing with apt-get: $*"
  mkdir -p "$ATOMA_CACHE"
  "${install[@]}" >"$log" 2>&1 || { apt-get update -qq && "${install[@]}"; } >>"$log" 2>&1 ||
    die "apt-get failed; see $log"
}

packages() { sed 's/[[:space:]]*#.*//; /^$/d' "$repo/scripts/packages.txt"; }

# A root is named after what is in it. Raise the number when scripts/make-root makes it differently.
root_dir() {
  local hash
  hash=$({ echo recipe 1 && packages; } | sha256sum)
  printf '%s/root-%s\n' "$ATOMA_CACHE" "${hash:0:12}"
}
