#!/bin/sh
# What ./holdfast needs before it can start: npm, Node, the npm packages, a C compiler, the guest agent, bubblewrap.
# Called by ./holdfast with the checkout's directory; says on stderr what it does, one line each, and nothing when all is there.
#
# 1. One set-up at a time: the others wait. The kernel drops the lock with its holder, so it is never stale.
# 2. What is installed appears whole, by a rename; an interruption or a failure leaves what was there before.
# 3. `.holdfast/ready` is written last, so that an unfinished set-up is taken up again.
# 4. With HOLDFAST_OFFLINE set nothing is asked from the network; npm's own cache is used.
set -eu
# shellcheck source-path=SCRIPTDIR source=steps.sh
. "$(dirname -- "$0")/steps.sh"

main() {
  root=$1
  state=$root/.holdfast
  ready=$state/ready
  mkdir -p "$state" 2>/dev/null || die "cannot write to $root" "Run it as a user who may, or copy the checkout to a place of yours."
  exec 9>"$state/lock"
  take_turns
  scratch=$state/scratch
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  rm -rf "$scratch"
  mkdir "$scratch" || die_with_log "cannot make $scratch"
  log=$scratch/log

  provide_node
  provide_packages
  provide_system_packages
  provide_guest
  finish || explain "cannot write $ready"
}

finish() {
  { printf '%s\n' "$node" >"$scratch/ready"; } 2>>"$log" && mv "$scratch/ready" "$ready"
}

take_turns() {
  provide_flock
  flock -n 9 && return
  say "waiting for another set-up of this checkout to finish"
  flock -w 900 9 || die "another set-up still runs after 15 minutes" "See who holds it: fuser $state/lock"
}

main "$@"
