# shellcheck shell=sh disable=SC2154
# How names, times, modes and links behave, where temporary files are made.
# answers: filesystem.case filesystem.unicode filesystem.odd-names filesystem.path-length filesystem.name-length
# answers: filesystem.time-granularity filesystem.hard-links filesystem.symbolic-links filesystem.fifos
# answers: filesystem.attributes filesystem.mode-bits filesystem.set-group filesystem.new-file-mode filesystem.sparse
# answers: filesystem.locks filesystem.unlinked-open filesystem.rename-over filesystem.sync

if ! work_directory || ! cd "$work"; then
  for id in case unicode odd-names name-length path-length time-granularity hard-links symbolic-links fifos attributes \
    mode-bits set-group new-file-mode sparse locks unlinked-open rename-over sync; do
    cannot "filesystem.$id" "no directory can be written"
  done
  exit 0
fi
: >lower && : >LOWER
echo one >lower
if [ -s LOWER ]; then value filesystem.case folded; else value filesystem.case kept; fi
composed=$(printf '\303\251') decomposed=$(printf 'e\314\201')
echo one >"$composed" && : >>"$decomposed"
if [ -s "$decomposed" ]; then value filesystem.unicode "one name"; else value filesystem.unicode "two names"; fi
allowed=
for name in 'with space' 'with:colon' 'with*star' 'with?mark' 'with"quote' 'with\backslash' 'with|pipe' 'trailing.' 'trailing ' \
  "with${newline}newline" "$(printf 'with\377byte')" aux con; do
  if (: >"$name") 2>/dev/null && [ -e "$name" ]; then
    case $name in
    *"$newline"*) name='with newline' ;;
    *"$(printf '\377')"*) name='with a byte that is no text' ;;
    esac
    allowed=$allowed$name$newline
  fi
done
members filesystem.odd-names "$allowed"
ask_limit() { # id name
  if have getconf; then
    answer getconf "$2" .
    case $out in '' | undefined) out=unlimited ;; esac
    value "$1" "$out"
  else cannot "$1" "there is no getconf"; fi
}
ask_limit filesystem.path-length PATH_MAX
ask_limit filesystem.name-length NAME_MAX
if have stat; then
  # Over several files, because one of them may end in zeros by chance.
  finest=s
  for number in 1 2 3 4 5 6 7 8; do
    : >"time$number"
    fraction=$(stat -c %y "time$number" 2>/dev/null)
    fraction=${fraction#*.}
    fraction=${fraction%% *}
    case $fraction in
    000000000) ;;
    ??????000) [ "$finest" = ns ] || finest=us ;;
    ?????????) finest=ns ;;
    *) finest=${finest:-s} ;;
    esac
  done
  value filesystem.time-granularity "$finest"
else cannot filesystem.time-granularity "there is no stat"; fi
echo text >file
if ln file hard 2>/dev/null && echo last >>file && { read -r _ && read -r line; } <hard && [ "$line" = last ]; then value filesystem.hard-links work; else value filesystem.hard-links fail; fi
if ln -s file soft 2>/dev/null && [ -L soft ]; then value filesystem.symbolic-links work; else value filesystem.symbolic-links fail; fi
if have mkfifo; then
  if mkfifo fifo 2>/dev/null && [ -p fifo ]; then value filesystem.fifos work; else value filesystem.fifos fail; fi
else cannot filesystem.fifos "there is no mkfifo"; fi
if have python3; then
  out=$(python3 -c 'import os
os.setxattr("file", "user.holdfast", b"1")
print("work" if os.getxattr("file", "user.holdfast") == b"1" else "are lost")' 2>/dev/null)
  value filesystem.attributes "${out:-fail}"
elif have setfattr; then
  if setfattr -n user.holdfast -v 1 file 2>/dev/null; then value filesystem.attributes work; else value filesystem.attributes fail; fi
else cannot filesystem.attributes "neither python3 nor setfattr is there"; fi
mode_of() { stat -c %a "$1" 2>/dev/null; }
if have stat && have chmod; then
  chmod 741 file
  if [ "$(mode_of file)" = 741 ]; then value filesystem.mode-bits hold; else value filesystem.mode-bits "do not hold"; fi
  mkdir bits && chmod 3770 bits 2>/dev/null
  value filesystem.set-group "$(mode_of bits)"
  : >new && mkdir newdir
  value filesystem.new-file-mode "$(mode_of new) and $(mode_of newdir)"
else
  for id in mode-bits set-group new-file-mode; do cannot "filesystem.$id" "stat or chmod is missing"; done
fi
if have dd && have du; then
  dd if=/dev/zero of=sparse bs=1 count=1 seek=16777216 2>/dev/null
  blocks=$(du -k sparse 2>/dev/null)
  blocks=${blocks%%[!0-9]*}
  if [ "${blocks:-99999}" -lt 1024 ]; then value filesystem.sparse yes; else value filesystem.sparse no; fi
else cannot filesystem.sparse "dd or du is missing"; fi
if have flock; then
  # shellcheck disable=SC2094  # The same file twice is the question.
  if (
    flock -n 8 || exit 1
    if flock -n file true; then exit 2; fi
  ) 8<file 2>/dev/null; then value filesystem.locks exclude; else value filesystem.locks "do not exclude"; fi
else cannot filesystem.locks "there is no flock"; fi
echo still >gone
if (exec 7<gone && rm gone && read -r line <&7 && [ "$line" = still ]) 2>/dev/null; then
  value filesystem.unlinked-open readable
else value filesystem.unlinked-open lost; fi
echo new >from && echo old >to
if mv -f from to 2>/dev/null && read -r line <to && [ "$line" = new ]; then value filesystem.rename-over replaces; else value filesystem.rename-over fails; fi
if have dd; then
  if dd if=file of=synced bs=1 conv=fsync 2>/dev/null; then value filesystem.sync answered; else value filesystem.sync refused; fi
else cannot filesystem.sync "there is no dd"; fi
