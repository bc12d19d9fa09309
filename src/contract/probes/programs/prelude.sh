# shellcheck shell=sh
# Stands in front of every program. POSIX sh and its built-ins only: nothing here may need a tool.
# An answer is a line `=MARK kind id`, then its text, each line behind a `|`. MARK is set above by whoever runs it.

newline='
'

emit() { # kind id text
  rest=$3
  printf '=%s %s %s\n' "$MARK" "$1" "$2"
  while :; do
    case $rest in
    *"$newline"*)
      printf '|%s\n' "${rest%%"$newline"*}"
      rest=${rest#*"$newline"}
      ;;
    *)
      printf '|%s\n' "$rest"
      break
      ;;
    esac
  done
}
value() { emit value "$1" "$2"; }
members() { emit set "$1" "$2"; }
items() { emit list "$1" "$2"; }
message() { emit template "$1" "exit $2: $3"; } # id status text
cannot() { emit cannot "$1" "$2"; }

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command without stdin; $out is all it printed, $status how it left. The name stands apart from the words: some
# interpreters take "$@" for one name.
attempt() {
  program=$1
  shift
  out=$( ("$program" "$@") 2>&1 </dev/null)
  status=$?
}
# Only what it printed on stdout.
answer() {
  program=$1
  shift
  out=$( ("$program" "$@") 2>/dev/null </dev/null)
  status=$?
}
# Where a shell does not run what it is given, nothing can be said of what that would do.
attempt printf '%s|' 'a b' c
able=$out
unable() { # id
  [ "$able" != 'a b|c|' ] && cannot "$1" "the shell does not run words as they are given"
}

yes_or_no() { # id command...
  id=$1 program=$2
  shift 2
  unable "$id" && return
  if ("$program" "$@") >/dev/null 2>&1 </dev/null; then value "$id" yes; else value "$id" no; fi
}
failure() { # id command...: what it says and how it leaves
  id=$1
  shift
  unable "$id" && return
  attempt "$@"
  message "$id" "$status" "$out"
}
# A tool's habit: `works` when the command prints exactly what is expected.
habit() { # id tool expected command...
  id=$1 tool=$2 expected=$3
  shift 3
  unable "$id" && return
  if ! have "$tool"; then
    value "$id" absent
    return
  fi
  answer "$@"
  if [ "$status" = 0 ] && [ "$out" = "$expected" ]; then
    value "$id" works
  elif [ "$status" = 0 ]; then
    value "$id" "prints something else"
  else value "$id" "fails with $status"; fi
}
file_text() { # path: into $out
  out=
  [ -r "$1" ] || return 1
  # By cat where there is one: some shells read byte by byte, and /proc/sys gives them the first byte only.
  if have cat; then out=$(cat "$1" 2>/dev/null)
  else while IFS= read -r line || [ -n "$line" ]; do out=$out${out:+$newline}$line; done <"$1" 2>/dev/null; fi
  [ -n "$out" ]
}
first_line() { printf '%s' "${1%%"$newline"*}"; }
# The words of $2 that are programs.
present() {
  found=
  for word in $2; do
    if have "$word"; then found=$found${found:+$newline}$word; fi
  done
  members "$1" "$found"
}

# The shell that runs us, to be started again: `again -c '...'`.
shell_name=${0#-}
case ${shell_name##*/} in
sh | bash | dash | ash | ksh | mksh | zsh) ;;
*) shell_name='sh' ;;
esac
again() { "$shell_name" "$@"; }

# A directory of our own in $work; every program that needs one begins with it. It is removed by `leave`, which stands at the
# end of every program: some shells run no EXIT traps.
work=
leave() { [ -z "$work" ] || { cd / && rm -rf "$work"; }; }
work_directory() {
  for place in "${TMPDIR:-/tmp}" /tmp /var/tmp "$PWD" "$HOME" /dev/shm; do
    work=$place/holdfast-$MARK
    # A program before that ran out of time may have left it.
    rm -rf "$work" 2>/dev/null
    if mkdir "$work" 2>/dev/null && [ -w "$work" ]; then
      trap leave EXIT
      return 0
    fi
  done
  work=
  return 1
}
