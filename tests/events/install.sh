#!/usr/bin/env bash
# Installs the brokers that tests/events/ delivers to: Debian packages into the system when root, and a broker that speaks
# Kafka's protocol, built from Go, under ${CAIRN_CLIENTS:-$HOME/.cache/cairn-clients}. What this machine cannot install is
# named and left out; its tests skip. With CAIRN_CLIENTS_REQUIRED=1 a failed installation fails the script.
set -uo pipefail
sources=$(cd "$(dirname "$0")" && pwd)
target=${CAIRN_CLIENTS:-$HOME/.cache/cairn-clients}
mkdir -p "$target"
missing=()

leave_out() {
  echo "left out: $1: $2" >&2
  missing+=("$1")
}

install_debian_brokers() {
  local needed=()
  for name in mosquitto nats-server redis-server rabbitmq-server; do
    PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || needed+=("$name")
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

install_kafka_broker() {
  command -v go >/dev/null || { leave_out kafka-broker 'no go'; return; }
  (cd "$sources/kafka-broker" && go build -mod=readonly -o "$target/go/kafka-broker" .) ||
    leave_out kafka-broker 'go build failed'
}

install_debian_brokers
install_kafka_broker

if ((${#missing[@]} > 0)) && [[ ${CAIRN_CLIENTS_REQUIRED:-} == 1 ]]; then exit 1; fi
