# shellcheck shell=sh disable=SC2154
# How the system around a command seems to have begun; browsers.
# answers: lifecycle.first-process lifecycle.age lifecycle.machine-id lifecycle.reaps-orphans lifecycle.services
# answers: lifecycle.processes browser.programs browser.display browser.fonts

if file_text /proc/1/comm; then value lifecycle.first-process "$out"; else cannot lifecycle.first-process "/proc does not tell it"; fi
if [ -r /proc/uptime ]; then
  read -r age _ </proc/uptime
  age=${age%%.*}
  if [ "$age" -lt 120 ]; then value lifecycle.age "younger than two minutes"; else value lifecycle.age older; fi
else cannot lifecycle.age "/proc does not tell it"; fi
if [ -s /etc/machine-id ]; then value lifecycle.machine-id yes; else value lifecycle.machine-id no; fi
if have sleep && [ -d /proc/1 ]; then
  # A grandchild whose parent leaves: when it ends, somebody has to wait for it.
  # shellcheck disable=SC2016
  orphan=$(again -c 'sh -c "exec sleep 0.2" >/dev/null 2>&1 & echo $!' </dev/null)
  count=0
  while [ -e "/proc/$orphan" ] && [ $count -lt 6 ]; do
    sleep 0.2 2>/dev/null || sleep 1
    count=$((count + 1))
  done
  if [ -e "/proc/$orphan" ]; then value lifecycle.reaps-orphans no; else value lifecycle.reaps-orphans yes; fi
else cannot lifecycle.reaps-orphans "there is no sleep or no /proc"; fi
services='' names=
for path in /proc/[0-9]*/comm; do
  [ -r "$path" ] || continue
  read -r name <"$path" 2>/dev/null || continue
  case $name in
  systemd | init | dockerd | containerd | sshd | cron | dbus-daemon | Xvfb | nginx | postgres | redis-server | mysqld | envd | daytona*)
    services=$services$name$newline ;;
  esac
done
members lifecycle.services "$services"
# More than a few are a machine that others use too; then the listing says nothing about the runtime.
count=0
for path in /proc/[0-9]*; do count=$((count + 1)); done
if [ "$count" -le 15 ]; then
  for path in /proc/[0-9]*; do
    # Our own kin are not from the start.
    if [ "${path##*/}" -lt "$$" ] && file_text "$path/comm"; then names=$names$out$newline; fi
  done
  members lifecycle.processes "$names"
else members lifecycle.processes "many"; fi
present browser.programs 'chromium chromium-browser google-chrome google-chrome-stable firefox firefox-esr playwright chromedriver geckodriver w3m lynx'
if [ -n "${DISPLAY-}" ]; then value browser.display yes; else value browser.display no; fi
if have find; then
  count=0
  for path in $(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nowhere}/.fonts" -name '*.[ot]tf' 2>/dev/null | head -n 500); do
    case $path in *tf) count=$((count + 1)) ;; esac
  done
  value browser.fonts "$count"
else cannot browser.fonts "there is no find"; fi
