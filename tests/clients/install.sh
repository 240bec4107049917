#!/usr/bin/env bash
# Installs the S3 clients that tests/clients/ runs against a server, outside the repository. See tests/installing.sh for
# where they go, and for those that cannot be installed; their tests skip.
set -uo pipefail
sources=$(cd "$(dirname "$0")" && pwd)
. "$sources/../installing.sh"

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

install_python_clients
install_debian_packages s3cmd rclone restic s3fs
install_go_program minio-go-client "$sources/go"
end_installing
