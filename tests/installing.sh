# What the scripts that install programs for tests have in common; they source it. Programs come from Debian's packages
# into the system when root, or are built from Go under $target. What this machine cannot install is named and left out.
target=${CAIRN_CLIENTS:-$HOME/.cache/cairn-clients}
mkdir -p "$target"
missing=()

leave_out() {
  echo "left out: $1: $2" >&2
  missing+=("$1")
}

# Packages that are called as the program in them.
install_debian_packages() {
  local needed=()
  for name in "$@"; do
    PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || needed+=("$name")
  done
  if ((${#needed[@]} == 0)); then return; fi
  if ! command -v apt-get >/dev/null; then leave_out "${needed[*]}" 'no apt-get'; return; fi
  if ((EUID != 0)); then leave_out "${needed[*]}" "not root: run apt-get install ${needed[*]}"; return; fi
  apt-get update -qq || true
  for name in "${needed[@]}"; do
    # Debian would start what serves something, on ports that tests do not ask for.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$name" >/dev/null ||
      leave_out "$name" 'apt-get failed'
  done
}

# install_go_program NAME DIRECTORY
install_go_program() {
  command -v go >/dev/null || { leave_out "$1" 'no go'; return; }
  (cd "$2" && go build -mod=readonly -o "$target/go/$1" .) || leave_out "$1" 'go build failed'
}

# With CAIRN_CLIENTS_REQUIRED=1 a failed installation fails the script.
end_installing() {
  if ((${#missing[@]} > 0)) && [[ ${CAIRN_CLIENTS_REQUIRED:-} == 1 ]]; then exit 1; fi
}
