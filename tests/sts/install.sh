#!/usr/bin/env bash
# Installs the directory (OpenLDAP) that the tests of signing in by LDAP start. See tests/installing.sh for what cannot be
# installed; the tests skip then.
set -uo pipefail
. "$(cd "$(dirname "$0")" && pwd)/../installing.sh"

install_debian_packages slapd openssl
end_installing
