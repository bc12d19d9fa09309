# shellcheck shell=sh disable=SC2154
# Who made the programs. Each is asked for its version; what does not know the option is told by its help.
# answers: userland.ls userland.cat userland.cp userland.grep userland.sed userland.awk userland.find userland.sort
# answers: userland.date userland.tar userland.xargs userland.ps userland.timeout userland.diff userland.python
# answers: userland.node userland.perl userland.gcc userland.go userland.java userland.git userland.curl userland.make
# answers: userland.openssl userland.present userland.package-managers userland.libc userland.system userland.machine

busybox_of() { # tool: the first line of its usage names BusyBox
  out=$( ("$1" --help) 2>&1 </dev/null | while IFS= read -r line; do
    case $line in *BusyBox\ v*) line=${line#*BusyBox } && echo "BusyBox ${line%% *}" && break ;; esac
  done)
  [ -n "$out" ]
}
for tool in ls cat cp grep sed awk find sort date tar xargs ps timeout diff; do
  if ! have "$tool"; then
    value "userland.$tool" absent
    continue
  fi
  attempt "$tool" --version
  case $out in
  *[Bb]usy[Bb]ox* | *'not GNU'*) busybox_of "$tool" || out=BusyBox ;;
  *[0-9].[0-9]*) if [ "$status" = 0 ]; then out=$(first_line "$out"); else busybox_of "$tool" || out=$(first_line "$out"); fi ;;
  *)
    if busybox_of "$tool"; then :; elif [ "$tool" = awk ]; then
      attempt awk -W version
      out=$(first_line "$out")
    else out="unknown (--version leaves with $status)"; fi
    ;;
  esac
  value "userland.$tool" "$out"
done

version_of() { # id program words...
  id=$1
  shift
  unable "$id" && return
  if ! have "$1"; then
    value "$id" absent
    return
  fi
  attempt "$@"
  if [ "$status" = 0 ]; then value "$id" "$(first_line "$out")"; else value "$id" "there, but fails with $status"; fi
}
version_of userland.python python3 -c 'import platform; print(platform.python_implementation(), platform.python_version())'
version_of userland.node node --version
# shellcheck disable=SC2016
version_of userland.perl perl -e 'print "$]\n"'
version_of userland.gcc gcc -dumpfullversion
version_of userland.go go version
version_of userland.java java -version
version_of userland.git git --version
version_of userland.curl curl --version
version_of userland.make make --version
version_of userland.openssl openssl version

present userland.present 'awk base64 basename bc bunzip2 bzip2 cat chmod chown chroot clang cmake cmp comm cp curl cut date dd
df diff dig dirname dpkg du ed emacs env expr fd file find flock fold gawk gcc gdb getconf getent git grep gunzip gzip head
hexdump host hostname htop iconv id install ip jq kill killall ld ldd less ln locale ls lsof make man md5sum mkdir mkfifo
mktemp more mount mv nano nc netstat nice nl nohup nproc nslookup objdump od openssl paste patch perl pgrep php ping pkill
printenv printf ps python python2 python3 readelf readlink realpath rename rev rg rm rsync ruby rustc script sed seq setsid
sha256sum shuf sleep socat sort split ss ssh stat strace strings stty su sudo tac tail tar tee test time timeout tmux top
touch tr tree true truncate tsort tty uname uniq unshare unzip uptime vi vim vmstat watch wc wget which whoami xargs xxd xz
yes zip zstd'
present userland.package-managers 'apt apt-get dnf yum apk pacman zypper brew nix pip pip3 pipx uv conda npm pnpm yarn bun
cargo gem go composer'

if have ldd; then
  attempt ldd --version
  value userland.libc "$(first_line "$out")"
elif [ -e /lib/ld-musl-x86_64.so.1 ] || [ -e /lib/ld-musl-aarch64.so.1 ]; then
  value userland.libc musl
elif [ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ]; then
  value userland.libc glibc
else value userland.libc none; fi
ID='' VERSION_ID=''
if [ -r /etc/os-release ]; then
  # Read, not sourced: it is the runtime's text.
  while IFS='=' read -r key text; do
    text=${text#\"} text=${text%\"}
    case $key in ID) ID=$text ;; VERSION_ID) VERSION_ID=$text ;; esac
  done </etc/os-release
  value userland.system "$ID $VERSION_ID"
else value userland.system "unnamed"; fi
if have uname; then value userland.machine "$(uname -m)"; else cannot userland.machine "there is no uname"; fi
