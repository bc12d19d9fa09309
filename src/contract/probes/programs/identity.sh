# shellcheck shell=sh disable=SC2154
# Who a command is.
# answers: identity.user identity.uid identity.gid identity.groups identity.account identity.home identity.hostname
# answers: identity.umask identity.capabilities identity.capability-bound identity.no-new-privileges identity.seccomp
# answers: identity.sudo identity.mode-bits

asked() { # id command...
  field=$1
  shift
  unable "$field" && return
  if ! have "$1"; then
    cannot "$field" "there is no $1"
    return
  fi
  answer "$@"
  if [ "$status" = 0 ] || [ -n "$out" ]; then value "$field" "$out"; else value "$field" "none"; fi
}
asked identity.user id -un
asked identity.uid id -u
asked identity.gid id -g
if have id; then
  answer id -Gn
  rest=
  for word in $out; do rest=$rest${rest:+$newline}$word; done
  members identity.groups "$rest"
else cannot identity.groups "there is no id"; fi

if have id && [ -r /etc/passwd ]; then
  number=$(id -u)
  account='absent'
  while IFS=: read -r name _ uid _; do
    if [ "$uid" = "$number" ] && [ -n "$name" ]; then account=present; fi
  done </etc/passwd
  value identity.account "$account"
else value identity.account absent; fi
value identity.home "${HOME-unset} ($(if [ -d "${HOME:-/nowhere}" ]; then echo there; else echo missing; fi))"

if file_text /proc/sys/kernel/hostname; then
  emit template identity.hostname "$out"
elif have hostname; then
  answer hostname
  emit template identity.hostname "$out"
else cannot identity.hostname "neither /proc nor hostname tells it"; fi
mask=$(umask 2>/dev/null)
if [ -n "$mask" ]; then value identity.umask "$mask"; else cannot identity.umask "the shell has no umask"; fi

CapEff='' CapBnd='' NoNewPrivs='' Seccomp=''
if [ -r /proc/self/status ]; then
  while read -r key text; do
    case $key in
    CapEff:) CapEff=$text ;;
    CapBnd:) CapBnd=$text ;;
    NoNewPrivs:) NoNewPrivs=$text ;;
    Seccomp:) Seccomp=$text ;;
    esac
  done </proc/self/status
fi
status_line() {
  if [ -n "$2" ]; then value "$1" "$2"; else cannot "$1" "/proc does not tell it"; fi
}
status_line identity.capabilities "$CapEff"
status_line identity.capability-bound "$CapBnd"
status_line identity.no-new-privileges "$NoNewPrivs"
status_line identity.seccomp "$Seccomp"

if ! have sudo; then
  value identity.sudo absent
else
  yes_or_no identity.sudo sudo -n true
fi
if work_directory && have chmod; then
  echo secret >"$work/file"
  chmod 000 "$work/file"
  if (read -r _ <"$work/file") 2>/dev/null; then value identity.mode-bits "bypassed"; else value identity.mode-bits "respected"; fi
else cannot identity.mode-bits "no directory can be written, or there is no chmod"; fi
