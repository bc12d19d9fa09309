# shellcheck shell=sh disable=SC2154
# Where files can be.
# answers: filesystem.mounts filesystem.root-kind filesystem.temporary-kind filesystem.access-time filesystem.proc
# answers: filesystem.writable filesystem.executable filesystem.root-listing filesystem.home-listing
# answers: filesystem.start-listing filesystem.etc filesystem.programs filesystem.devices filesystem.temporary-space
# answers: filesystem.space filesystem.shared-memory filesystem.temporary-mode filesystem.watches filesystem.layout

if [ -r /proc/mounts ]; then
  list='' root='' temporary=
  while read -r _ place kind options _; do
    # The last one mounted at a place is what is seen there.
    if [ "$place" = / ]; then root=$kind; fi
    if [ "$place" = /tmp ]; then temporary=$kind; fi
    case $place in /proc/?* | /sys/?* | *holdfast-"$MARK"*) continue ;; esac
    case ,$options, in *,ro,*) mode=ro ;; *) mode=rw ;; esac
    for word in noexec nosuid nodev; do case ,$options, in *,$word,*) mode=$mode,$word ;; esac done
    list="$list$place $kind $mode$newline"
  done </proc/mounts
  members filesystem.mounts "$list"
  value filesystem.root-kind "${root:-unknown}"
  value filesystem.temporary-kind "${temporary:-as the root}"
  case $root$(cat /proc/mounts 2>/dev/null) in *" / "*noatime*) access=noatime ;; *relatime*) access=relatime ;; *) access=strict ;; esac
  value filesystem.access-time "$access"
  processes=0 others=0
  for path in /proc/[0-9]*; do
    processes=$((processes + 1))
    if ! [ -r "$path/cmdline" ]; then others=$((others + 1)); fi
  done
  if [ "$processes" -gt 40 ]; then value filesystem.proc "many processes"
  elif [ "$others" -gt 0 ]; then value filesystem.proc "few processes, some unreadable"
  else value filesystem.proc "few processes"; fi
else
  for id in mounts root-kind temporary-kind access-time proc; do cannot "filesystem.$id" "/proc does not tell it"; done
fi
writable='' executable=
for place in / /bin /dev/shm /etc /home /mnt /opt /root /run /srv /tmp /usr /usr/local /var /var/tmp /workspace "${HOME:-/}" .; do
  name=$place
  if [ "$place" = "${HOME:-/}" ]; then name='~'; fi
  file=$place/.holdfast-$MARK
  if (printf '#!/bin/sh\nexit 0\n' >"$file") 2>/dev/null; then
    writable=$writable$name$newline
    if chmod 755 "$file" 2>/dev/null && "$file" 2>/dev/null; then executable=$executable$name$newline; fi
    rm -f "$file"
  fi
done
members filesystem.writable "$writable"
members filesystem.executable "$executable"

listing() { # id directory
  if ! have ls; then
    cannot "$1" "there is no ls"
    return
  fi
  answer ls -A "$2"
  members "$1" "$out"
}
listing filesystem.root-listing /
listing filesystem.home-listing "${HOME:-/}"
listing filesystem.start-listing .
names_of() { # id directory: many names, as one checksum
  if have ls && have cksum; then
    # shellcheck disable=SC2012  # Names as ls gives them, for a checksum.
    out=$(ls -A "$2" 2>/dev/null | LC_ALL=C sort 2>/dev/null | cksum)
    # shellcheck disable=SC2086
    value "$1" "$(set -- $out; echo "$1 over $2 bytes")"
  else cannot "$1" "ls or cksum is missing"; fi
}
names_of filesystem.etc /etc
names_of filesystem.programs /usr/bin
if have find && have cksum && have sort; then
  # What packages bring, not what work leaves: temporary, variable and own directories change by themselves.
  out=$(find /bin /etc /lib /opt /sbin /srv /usr -maxdepth 2 -type d 2>/dev/null | LC_ALL=C sort | cksum)
  # shellcheck disable=SC2086
  value filesystem.layout "$(set -- $out; echo "$1 over $2 bytes")"
else cannot filesystem.layout "find, sort or cksum is missing"; fi
devices=
for path in /dev/*; do
  case ${path##*/} in
  tty[0-9]* | pts | loop* | vcs* | sd* | vd* | nvme* | dm-* | ram* | sg* | bsg | input | disk | block | char | bus | cpu | mapper | '*') ;;
  *) devices=$devices${path##*/}$newline ;;
  esac
done
members filesystem.devices "$devices"

room() { # directory: MiB in $out, rounded down to a power of two
  out=$(df -Pk "$1" 2>/dev/null | { read -r _; while read -r _ size _; do echo "$size"; done; })
  case $out in '' | *[!0-9]*) return 1 ;; esac
  mib=$((out / 1024)) out=0
  if [ "$mib" -ge 1 ]; then
    out=1
    while [ $((out * 2)) -le "$mib" ]; do out=$((out * 2)); done
  fi
}
if room /tmp; then value filesystem.temporary-space "$out"; else cannot filesystem.temporary-space "df does not tell it"; fi
if room .; then value filesystem.space "$out"; else cannot filesystem.space "df does not tell it"; fi
if ! [ -d /dev/shm ]; then value filesystem.shared-memory 0
elif room /dev/shm; then
  out=$(df -Pk /dev/shm 2>/dev/null | { read -r _; while read -r _ size _; do echo $((size / 1024)); done; })
  value filesystem.shared-memory "$out"
else cannot filesystem.shared-memory "df does not tell it"; fi
if have stat; then
  answer stat -c %a /tmp
  value filesystem.temporary-mode "$out"
else cannot filesystem.temporary-mode "there is no stat"; fi
if file_text /proc/sys/fs/inotify/max_user_watches; then value filesystem.watches "$out"
else cannot filesystem.watches "/proc does not tell it"; fi
