#!/usr/bin/env bash
# Makes the base images that tests and samples build on, under their real names, where no registry can be asked for them:
# Debian from the mirror that apt uses here, Node.js from this machine. What is there already stays as it is, so
# that whoever can pulls the real ones first. Needs root, debootstrap and a daemon that answers.
#
#   scripts/docker-stand-ins.sh                        makes all of them
#   scripts/docker-stand-ins.sh node:20-bookworm-slim  makes one, and what it stands on
set -euo pipefail

debian=debian:bookworm-slim
node=node:20-bookworm-slim
python=python:3.11-slim-bookworm
all=("$debian" "$node" "$python")

work=$(mktemp -d -p /var/tmp naru-stand-ins.XXXXXX)
container=
finish() {
  if [[ -n $container ]]; then docker rm --force --volumes "$container" > /dev/null || true; fi
  rm -rf --one-file-system "$work"
}
trap finish EXIT

is_there() { docker image inspect "$1" > /dev/null 2>&1; }

make() {
  if is_there "$1"; then return; fi
  echo "Making a stand-in for $1" >&2
  case $1 in
    "$debian") make_debian ;;
    "$node") make "$debian" && make_node ;;
    "$python") make "$debian" && make_python ;;
    *) echo "No stand-in is known for $1; there are: ${all[*]}" >&2 && exit 2 ;;
  esac
}

make_debian() {
  local root=$work/debian mirror
  # Nothing, which leaves the choice to debootstrap, where apt has another system's archive.
  mapfile -t mirror < <(apt-get indextargets --format '$(CODENAME) $(ORIGIN) $(REPO_URI)' 2> /dev/null |
    awk '$2 == "Debian" && $1 !~ /-/ { print $3; exit }')
  logged debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "${mirror[@]}"
  # As in the image of that name: neither packages kept for another time, nor what only people read.
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* \
    "$root"/var/log/*.log "$root"/usr/share/{doc,info,locale,man}/*
  tar -C "$root" --numeric-owner -cf - . | docker import --change 'CMD ["bash"]' - "$debian" > /dev/null
  rm -rf --one-file-system "$root"
}

make_node() {
  local npm
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  begin "$debian"
  docker cp --follow-link "$(command -v node)" "$container":/usr/local/bin/node > /dev/null
  inside 'groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
    mkdir -p /usr/local/lib/node_modules'
  docker cp "$npm" "$container":/usr/local/lib/node_modules/npm > /dev/null
  inside 'cd /usr/local/bin && for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$name"; done
    chown -R root:root node ../lib/node_modules && node --version && npm --version'
  commit "$node" 'CMD ["node"]'
}

make_python() {
  begin "$debian"
  inside 'apt-get update && apt-get install -y --no-install-recommends python3 python3-pip python3-venv
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/lib/python3*/EXTERNALLY-MANAGED
    cd /usr/local/bin && ln -s /usr/bin/python3 python && ln -s /usr/bin/python3 python3 && ln -s /usr/bin/pip3 pip
    python --version && pip --version'
  commit "$python" 'CMD ["python3"]'
}

begin() {
  container=$(docker create --network host "$1" sleep infinity)
  docker start "$container" > /dev/null
}

inside() { logged docker exec --env DEBIAN_FRONTEND=noninteractive "$container" bash -euc "$1"; }

commit() {
  docker commit --change "$2" "$container" "$1" > /dev/null
  docker rm --force --volumes "$container" > /dev/null
  container=
}

# What it says matters only when it fails.
logged() {
  if "$@" > "$work/log" 2>&1 < /dev/null; then return; fi
  tail -n 40 "$work/log" >&2
  return 1
}

for image in "${@:-${all[@]}}"; do make "$image"; done
