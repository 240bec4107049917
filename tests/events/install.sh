#!/usr/bin/env bash
# Installs the brokers that tests/events/ delivers to, one of them built from Go: it speaks Kafka's protocol. See
# tests/installing.sh for where they go, and for those that cannot be installed; their tests skip.
set -uo pipefail
sources=$(cd "$(dirname "$0")" && pwd)
. "$sources/../installing.sh"

install_debian_packages mosquitto nats-server redis-server rabbitmq-server
install_go_program kafka-broker "$sources/kafka-broker"
end_installing
