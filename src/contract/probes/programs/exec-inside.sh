# shellcheck shell=sh disable=SC2154
# What a command finds when it starts: its place, its streams, its signals.
# answers: exec.cwd.default exec.cwd.writable exec.terminal exec.controlling-terminal exec.descriptors
# answers: exec.signals-ignored exec.signals-blocked exec.group-leader exec.priority

value exec.cwd.default "$(pwd)"
if [ -w . ]; then value exec.cwd.writable yes; else value exec.cwd.writable no; fi
terminals=
if [ -t 0 ]; then terminals=stdin$newline; fi
if [ -t 1 ]; then terminals=${terminals}stdout$newline; fi
if [ -t 2 ]; then terminals=${terminals}stderr$newline; fi
members exec.terminal "$terminals"
# shellcheck disable=SC2217  # Opening it is the question.
if (: </dev/tty) 2>/dev/null; then value exec.controlling-terminal yes; else value exec.controlling-terminal no; fi
if [ -d /proc/self/fd ]; then
  open=
  # Of this shell, not of a program that looks: a listing has a descriptor more.
  for path in "/proc/$$/fd"/*; do
    number=${path##*/}
    # A shell keeps its script at 10 or above, and 255 is bash's.
    if [ "$number" -lt 10 ] 2>/dev/null; then open=$open$number$newline; fi
  done
  members exec.descriptors "$open"
else cannot exec.descriptors "there is no /proc"; fi
SigIgn='' SigBlk=''
if [ -r "/proc/$$/status" ]; then
  # Of a program that was started, not of this shell, which sets its own.
  while read -r key text; do
    case $key in SigIgn:) SigIgn=$text ;; SigBlk:) SigBlk=$text ;; esac
  done <<EOF
$(cat /proc/self/status 2>/dev/null)
EOF
fi
if [ -n "$SigIgn" ]; then
  value exec.signals-ignored "$SigIgn"
  value exec.signals-blocked "$SigBlk"
else
  cannot exec.signals-ignored "/proc does not tell it"
  cannot exec.signals-blocked "/proc does not tell it"
fi
if file_text "/proc/$$/stat"; then
  # After the name in parentheses: state, parent, group, session, terminal ... niceness is the 17th.
  # shellcheck disable=SC2086
  set -- ${out##*) }
  if [ "$3" = "$$" ]; then leads=group; else leads="no group"; fi
  if [ "$4" = "$$" ]; then leads="$leads and session"; else leads="$leads and no session"; fi
  value exec.group-leader "$leads"
  value exec.priority "${17-unknown}"
else
  cannot exec.group-leader "/proc does not tell it"
  cannot exec.priority "/proc does not tell it"
fi
