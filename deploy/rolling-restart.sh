#!/bin/sh
# Restarts both nodes, one after the other, without a lost call. Run it where docker-compose.yml is, after `docker compose
# build` for a new version. nginx sends nothing to a node while its file is there; calls that run there finish.
set -eu

for node in node1 node2; do
  echo "--- $node"
  docker compose exec -T nginx touch "/run/$node.out"
  docker compose stop "$node"
  # --wait: until /readyz is green.
  docker compose up -d --no-deps --wait "$node"
  docker compose exec -T nginx rm "/run/$node.out"
done
