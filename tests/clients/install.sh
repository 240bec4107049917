#!/usr/bin/env bash
# Installs the S3 clients that tests/clients/ runs against a server, outside the repository: Python and Go clients under
# ${CAIRN_CLIENTS:-$HOME/.cache/cairn-clients}, Debian packages into the system when root. What this machine cannot
# install is named and left out; its tests skip. With CAIRN_CLIENTS_REQUIRED=1 a failed installation fails the script.
set -uo pipefail
sources=$(cd "$(dirname "$0")" && pwd)
target=${CAIRN_CLIENTS:-$HOME/.cache/cairn-clients}
mkdir -p "$target"
missing=()

leave_out() {
  echo "left out: $1: $2" >&2
  missing+=("$1")
}

install_python_clients() {
  command -v python3 >/dev/null || { leave_out 'awscli and boto3' 'no python3'; return; }
  if cmp -s "$sources/python-clients.txt" "$target/python/installed.txt"; then return; fi
  rm -rf "$target/python"
  if python3 -m venv "$target/python" &&
    "$target/python/bin/pip" install --quiet --disable-pip-version-check -r "$sources/python-clients.txt"; then
    ln -sf python3 "$target/python/bin/boto3-python"
    cp "$sources/python-clients.txt" "$target/python/installed.txt"
  else
    leave_out 'awscli and boto3' 'venv or pip failed'
  fi
}

install_debian_clients() {
  local needed=()
  for name in s3cmd rclone restic s3fs; do
    command -v "$name" >/dev/null || needed+=("$name")
  done
  if ((${#needed[@]} == 0)); then return; fi
  if ! command -v apt-get >/dev/null; then leave_out "${needed[*]}" 'no apt-get'; return; fi
  if ((EUID != 0)); then leave_out "${needed[*]}" "not root: run apt-get install ${needed[*]}"; return; fi
  apt-get update -qq || true
  for name in "${needed[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$name" >/dev/null ||
      leave_out "$name" 'apt-get failed'
  done
}

install_go_client() {
  command -v go >/dev/null || { leave_out minio-go 'no go'; return; }
  (cd "$sources/go" && go build -mod=readonly -o "$target/go/minio-go-client" .) || leave_out minio-go 'go build failed'
}

install_python_clients
install_debian_clients
install_go_client

if ((${#missing[@]} > 0)) && [[ ${CAIRN_CLIENTS_REQUIRED:-} == 1 ]]; then exit 1; fi
