# shellcheck shell=sh disable=SC2154
# Time, and randomness. `@now` is answered with seconds that the prober compares with its own clock.
# answers: clock.zone clock.format clock.skew clock.resolution clock.zone-data clock.runs clock.may-set clock.source
# answers: clock.entropy

if have date; then
  value clock.zone "$(date '+%Z %z')"
  value clock.format "$(date -d @951782400 2>/dev/null || date -r 951782400 2>/dev/null || echo 'cannot print an instant')"
  emit now clock.skew "$(date +%s)"
  answer date +%N
  case $out in
  [0-9]*[1-9]*) value clock.resolution nanoseconds ;;
  *) value clock.resolution seconds ;;
  esac
  if [ "$(TZ=America/New_York date -d @951782400 +%H 2>/dev/null || TZ=America/New_York date -r 951782400 +%H 2>/dev/null)" = 19 ]; then
    value clock.zone-data known
  else value clock.zone-data unknown; fi
  # Nanoseconds where there are some, so that nobody has to wait a second.
  format=%s
  case $out in [0-9]*[1-9]*) format=%s%N ;; esac
  before=$(date +$format)
  if [ $format = %s ]; then sleep 1; fi
  if [ "$(date +$format)" != "$before" ]; then value clock.runs yes; else value clock.runs no; fi
else
  for id in zone format skew resolution zone-data runs; do cannot "clock.$id" "there is no date"; done
fi
# Asked of the capabilities, never by setting it: the clock may be everybody's.
capable=
if [ -r /proc/self/status ]; then
  while read -r key text; do
    if [ "$key" = CapEff: ] && [ $((0x$text >> 25 & 1)) = 1 ]; then capable=yes; elif [ "$key" = CapEff: ]; then capable=no; fi
  done </proc/self/status
fi
if [ -n "$capable" ]; then value clock.may-set "$capable"; else cannot clock.may-set "/proc does not tell it"; fi
if file_text /sys/devices/system/clocksource/clocksource0/current_clocksource; then value clock.source "$out"
else value clock.source "not shown"; fi
if [ -r /dev/urandom ] && have od; then
  one=$(od -An -N8 -tx1 /dev/urandom) two=$(od -An -N8 -tx1 /dev/urandom)
  if [ "$one" = "$two" ]; then value clock.entropy "repeats"; else value clock.entropy "differs"; fi
else cannot clock.entropy "there is no /dev/urandom or no od"; fi
