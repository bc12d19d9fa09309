# shellcheck shell=sh disable=SC2154
# What there is to use: what is reported, and what the limits say.
# answers: resources.cpus-reported resources.cpus-visible resources.cpu-features resources.memory-reported
# answers: resources.swap resources.control-groups resources.memory-ceiling resources.processes-ceiling
# answers: resources.cpu-ceiling resources.memory-limit resources.open-files resources.stack resources.file-size
# answers: resources.locked-memory resources.cpu-seconds resources.open-files-hard resources.core-files
# answers: resources.processes-limit resources.argument-bytes resources.page-size resources.processes-startable
# answers: resources.kernel resources.accelerators resources.virtualisation resources.memory-usable

number() { # id text
  case $2 in
  max | unlimited) value "$1" unlimited ;;
  '' | *[!0-9]*) cannot "$1" "it is not told" ;;
  *) value "$1" "$2" ;;
  esac
}
if have nproc; then number resources.cpus-reported "$(nproc 2>/dev/null)"; else cannot resources.cpus-reported "there is no nproc"; fi
cpus=0 features=
if [ -r /proc/cpuinfo ]; then
  while IFS=: read -r key text; do
    case $key in
    processor*) cpus=$((cpus + 1)) ;;
    flags* | Features*)
      if [ -z "$features" ]; then
        for word in $text; do
          case $word in avx | avx2 | avx512f | sse4_2 | bmi2 | aes | sha_ni | amx_tile | asimd | sve | hypervisor | vmx | svm)
            features=$features$word$newline ;;
          esac
        done
      fi
      ;;
    esac
  done </proc/cpuinfo
  number resources.cpus-visible "$cpus"
  members resources.cpu-features "$features"
else
  cannot resources.cpus-visible "/proc does not tell it"
  cannot resources.cpu-features "/proc does not tell it"
fi
memory='' swap=
if [ -r /proc/meminfo ]; then
  while read -r key text _; do
    case $key in MemTotal:) memory=$text ;; SwapTotal:) swap=$text ;; esac
  done </proc/meminfo
fi
if [ -n "$memory" ]; then
  number resources.memory-reported "$(((memory - memory % 65536) / 1024))"
  number resources.swap "$((${swap:-0} / 1024))"
else
  cannot resources.memory-reported "/proc does not tell it"
  cannot resources.swap "/proc does not tell it"
fi
version='not seen'
if [ -r /sys/fs/cgroup/cgroup.controllers ]; then version=2
elif [ -d /sys/fs/cgroup/memory ]; then version=1; fi
value resources.control-groups "$version"
mebibytes() { case $1 in '' | *[!0-9]*) echo "$1" ;; ????????????????*) echo max ;; *) echo $(($1 / 1048576)) ;; esac; }
told() { file_text "$1" || file_text "$2" || out=; }
told /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes
number resources.memory-ceiling "$(mebibytes "$out")"
told /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max
number resources.processes-ceiling "$out"
if file_text /sys/fs/cgroup/cpu.max; then
  # shellcheck disable=SC2086
  set -- $out
  if [ "$1" = max ]; then value resources.cpu-ceiling unlimited; else number resources.cpu-ceiling "$(($1 * 1000 / ${2:-100000}))"; fi
elif file_text /sys/fs/cgroup/cpu/cpu.cfs_quota_us; then
  case $out in -*) value resources.cpu-ceiling unlimited ;; *) number resources.cpu-ceiling "$((out / 100))" ;; esac
else cannot resources.cpu-ceiling "no control group is seen"; fi
if have python3; then
  # Taken, not only promised: a byte of every page is written. What ends it has said how far it came.
  out=$(python3 -c 'for size in (16, 32, 64):
    taken = bytearray(size << 20)
    taken[::4096] = b"x" * (size << 8)
    print(size, flush=True)
    del taken' 2>/dev/null)
  number resources.memory-usable "$(last=0; for word in $out; do last=$word; done; echo "$last")"
else cannot resources.memory-usable "there is no python3"; fi
limit() { # id option
  answer ulimit "$2"
  number "$1" "$out"
}
limit resources.memory-limit -v
limit resources.open-files -n
limit resources.stack -s
limit resources.file-size -f
limit resources.locked-memory -l
limit resources.cpu-seconds -t
answer ulimit -H -n
number resources.open-files-hard "$out"
answer ulimit -c
value resources.core-files "${out:-unknown}"
# dash calls it -p; for bash and ash that is the size of a pipe.
answer ulimit -u
if [ "$status" != 0 ]; then answer ulimit -p; fi
number resources.processes-limit "$out"
if have getconf; then
  number resources.argument-bytes "$(getconf ARG_MAX 2>/dev/null)"
  value resources.page-size "$(getconf PAGESIZE 2>/dev/null)"
else
  cannot resources.argument-bytes "there is no getconf"
  cannot resources.page-size "there is no getconf"
fi
if have sleep; then
  # Started by a shell of its own, because a failing fork ends some shells; it says each one's number at once, for us to
  # end. They sleep long enough for a slow machine to start all of them, and hold nothing that anybody waits for.
  # shellcheck disable=SC2016
  started=$(again -c 'n=0; while [ $n -lt 64 ]; do sleep 60 >/dev/null & echo $!; n=$((n + 1)); done' 2>/dev/null </dev/null)
  left=0
  for pid in $started; do if kill "$pid" 2>/dev/null; then left=$((left + 1)); fi; done
  number resources.processes-startable "$left"
else cannot resources.processes-startable "there is no sleep"; fi
if have uname; then value resources.kernel "$(uname -sr)"; else cannot resources.kernel "there is no uname"; fi
found=
for path in /dev/nvidia0 /dev/nvidiactl /dev/dri /dev/kfd /dev/kvm /dev/neuron0 /dev/accel; do
  if [ -e "$path" ]; then found=$found$path$newline; fi
done
members resources.accelerators "$found"
hints=
if [ -e /.dockerenv ]; then hints="${hints}docker "; fi
if [ -e /run/.containerenv ]; then hints="${hints}podman "; fi
case $features in *hypervisor*) hints="${hints}hypervisor " ;; esac
if file_text /proc/version; then case $out in *gVisor* | *runsc*) hints="${hints}gvisor " ;; esac; fi
value resources.virtualisation "${hints:-none}"
