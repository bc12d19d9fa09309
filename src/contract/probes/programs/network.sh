# shellcheck shell=sh disable=SC2154
# What can be reached, and how a denial looks. Addresses that may not answer are given one second each.
# answers: network.interfaces network.default-route network.ipv6 network.resolvers network.resolver-options
# answers: network.localhost network.name-lookup network.unknown-name network.reach-closed network.reach-address
# answers: network.reach-private network.reach-metadata network.reach-https network.loopback-server network.low-port
# answers: network.raw-socket network.certificates network.metadata-addresses network.datagrams

if [ -r /proc/net/dev ]; then
  kinds=
  while IFS=: read -r name rest; do
    name=${name##* }
    case $rest in *[0-9]*) ;; *) continue ;; esac
    case $name in
    lo) kinds=${kinds}loopback$newline ;;
    eth* | en*) kinds=${kinds}ethernet$newline ;;
    tun* | tap* | wg*) kinds=${kinds}tunnel$newline ;;
    *) kinds=${kinds}other$newline ;;
    esac
  done </proc/net/dev
  members network.interfaces "$kinds"
else cannot network.interfaces "/proc does not tell it"; fi
if [ -r /proc/net/route ]; then
  route=no
  while read -r _ destination _ flags _; do
    if [ "$destination" = 00000000 ] && [ "$flags" != Flags ]; then route=yes; fi
  done </proc/net/route
  value network.default-route "$route"
else cannot network.default-route "/proc does not tell it"; fi
if ! [ -r /proc/net/if_inet6 ]; then value network.ipv6 absent
else
  kind='loopback only'
  while read -r _ _ _ _ _ name; do if [ "$name" != lo ]; then kind=there; fi; done </proc/net/if_inet6
  if ! read -r line </proc/net/if_inet6; then kind='no address'; fi
  value network.ipv6 "$kind"
fi
if [ -r /etc/resolv.conf ]; then
  count=0 kind=none options=
  while read -r key text rest; do
    case $key in
    nameserver)
      count=$((count + 1))
      case $text in
      127.* | ::1) kind=loopback ;;
      10.* | 192.168.* | 172.1[6-9].* | 172.2?.* | 172.3[01].* | 169.254.* | f[cd]*) kind=private ;;
      *) kind=public ;;
      esac
      ;;
    search | options | domain) for word in $text $rest; do options="$options$key $word$newline"; done ;;
    esac
  done </etc/resolv.conf
  value network.resolvers "$count, $kind"
  members network.resolver-options "$options"
else
  value network.resolvers "0, none"
  members network.resolver-options ''
fi
resolves() { # name: an address in $out
  if have getent; then out=$(getent ahosts "$1" 2>/dev/null </dev/null)
  elif have nslookup; then out=$(nslookup "$1" 2>/dev/null </dev/null | while read -r key text _; do
    case $key in Address*) echo "$text" ;; esac
  done | tail -n 1)
  else return 2; fi
  [ -n "$out" ]
}
lookup() { # id name
  resolves "$2"
  case $? in
  0) value "$1" resolves ;;
  1) value "$1" "does not resolve" ;;
  *) cannot "$1" "neither getent nor nslookup is there" ;;
  esac
}
if [ -r /etc/hosts ] || have getent; then
  resolves localhost
  addresses=
  case $out in *127.0.0.1*) addresses=127.0.0.1 ;; esac
  case $out in *::1*) addresses="$addresses${addresses:+ }::1" ;; esac
  value network.localhost "${addresses:-unknown}"
else cannot network.localhost "there is no hosts file"; fi
lookup network.name-lookup example.com
lookup network.unknown-name name.invalid

# How a connection ends, in words that do not depend on the tool that tried.
if have python3; then
  connect() { # id address port
    out=$(python3 -c 'import socket, sys, errno
s = socket.socket()
s.settimeout(1)
try:
    s.connect((sys.argv[1], int(sys.argv[2]))); print("connects")
except socket.timeout: print("no answer")
except OSError as e: print({errno.ECONNREFUSED: "refused", errno.ENETUNREACH: "no route", errno.EHOSTUNREACH: "no route",
    errno.EPERM: "not permitted", errno.EACCES: "not permitted"}.get(e.errno, "fails"))' "$2" "$3" 2>/dev/null)
    value "$1" "${out:-fails}"
  }
elif have nc; then
  connect() {
    out=$(nc -w 1 "$2" "$3" 2>&1 </dev/null)
    status=$?
    case $status:$out in
    0:*) value "$1" connects ;;
    *refused*) value "$1" refused ;;
    *unreachable* | *"o route"*) value "$1" "no route" ;;
    *ermitted* | *denied*) value "$1" "not permitted" ;;
    *) value "$1" "no answer" ;;
    esac
  }
else
  connect() { cannot "$1" "neither python3 nor nc is there"; }
fi
connect network.reach-closed 127.0.0.1 9
connect network.reach-address 1.1.1.1 443
connect network.reach-private 10.255.255.1 80
connect network.reach-metadata 169.254.169.254 80
if have python3; then
  # All at once, so that those that do not answer take one second together.
  out=$(python3 -c 'import errno, select, socket, time
said = {errno.ECONNREFUSED: "refused", errno.ENETUNREACH: "no route", errno.EHOSTUNREACH: "no route", errno.EPERM: "not permitted",
    errno.EACCES: "not permitted", errno.EADDRNOTAVAIL: "no route", errno.EAFNOSUPPORT: "no route", 0: "connects"}
tell = lambda address, code: print(address, said.get(code, "fails"))
waiting = {}
for address in "169.254.170.2 100.100.100.200 168.63.129.16 fd00:ec2::254".split():
    try: s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    except OSError as e: tell(address, e.errno); continue
    s.setblocking(False)
    code = s.connect_ex((address, 80))
    if code == errno.EINPROGRESS: waiting[s] = address
    else: tell(address, code)
end = time.monotonic() + 1
while waiting and time.monotonic() < end:
    for s in select.select([], list(waiting), [], max(0, end - time.monotonic()))[1]:
        tell(waiting.pop(s), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
for address in waiting.values(): print(address, "no answer")' 2>/dev/null)
  members network.metadata-addresses "$out"
  out=$(python3 -c 'import errno, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try: s.sendto(b"?", ("192.0.2.1", 53)); print("is sent")
except OSError as e: print({errno.ENETUNREACH: "no route", errno.EHOSTUNREACH: "no route", errno.EPERM: "not permitted",
    errno.EACCES: "not permitted"}.get(e.errno, "fails"))' 2>/dev/null)
  value network.datagrams "${out:-fails}"
else
  for id in metadata-addresses datagrams; do cannot "network.$id" "there is no python3"; done
fi
if have curl; then
  curl -sS -o /dev/null --max-time 2 https://example.com/ 2>/dev/null </dev/null
  value network.reach-https "curl leaves with $?"
elif have wget; then
  if wget -q -T 2 -O /dev/null https://example.com/ 2>/dev/null </dev/null; then value network.reach-https "wget leaves with 0"
  else value network.reach-https "wget fails"; fi
else cannot network.reach-https "neither curl nor wget is there"; fi
if have python3; then
  out=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
c = socket.create_connection(s.getsockname(), 1); print("works")' 2>/dev/null)
  value network.loopback-server "${out:-fails}"
  out=$(python3 -c 'import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try: s.bind(("127.0.0.1", 993)); print("yes")
except PermissionError: print("no")
except OSError: print("taken")' 2>/dev/null)
  value network.low-port "${out:-unknown}"
  out=$(python3 -c 'import socket
try: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print("yes")
except OSError: print("no")' 2>/dev/null)
  value network.raw-socket "${out:-unknown}"
else
  for id in loopback-server low-port raw-socket; do cannot "network.$id" "there is no python3"; done
fi
places=
for path in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
  [ -r "$path" ] || continue
  count=0
  while IFS= read -r line; do case $line in *BEGIN*CERT*) count=$((count + 1)) ;; esac done <"$path"
  if [ "$count" -gt 50 ]; then count=many; fi
  places="$places${places:+, }$path: $count"
done
value network.certificates "${places:-none}"
