# shellcheck shell=sh disable=SC2154
# Which habits of the programs work. Fixtures are fixed, so what is printed is too.
# answers: userland.grep-perl userland.grep-include userland.find-printf userland.find-delete userland.sed-in-place
# answers: userland.sed-extended userland.date-nanoseconds userland.date-parse userland.sort-order userland.sort-human
# answers: userland.sort-version userland.stat-format userland.readlink userland.realpath userland.xargs-parallel
# answers: userland.tar-compressions userland.ps-format userland.head-negative userland.base64-wrap
# answers: userland.awk-dialect userland.ls-hidden userland.ls-long userland.timeout-status userland.timeout-kill
# answers: userland.mktemp userland.seq-equal userland.printf-unicode userland.tr-ranges userland.cp-archive
# answers: userland.diff-status

work_directory || cannot userland.mktemp "no directory can be written"
cd "$work" || exit 0
mkdir tree && echo one >tree/a.txt && echo two >tree/b.md && echo hidden >tree/.c
printf 'b\nB\na\nA\n\303\251\nz\n_\n' >words

run() { again -c "$1"; }
habit userland.grep-perl grep a1 run "printf 'a1\n' | grep -oP 'a\d'"
habit userland.grep-include grep tree/a.txt:one run "grep -r --include='*.txt' . tree"
habit userland.find-printf find 'a.txt 4' run "find tree -name 'a*' -printf '%f %s\n'"
habit userland.find-delete find '' run 'mkdir d && echo x >d/f && find d -name f -delete && ls d'
habit userland.sed-in-place sed uno run "cp tree/a.txt s && sed -i 's/one/uno/' s && cat s"
habit userland.sed-extended sed ba run "echo ab | sed -E 's/(a)(b)/\2\1/'"
if have date; then
  answer date +%N
  case $out in
  [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) value userland.date-nanoseconds works ;;
  *[!0-9]* | '') value userland.date-nanoseconds "prints something else" ;;
  *) value userland.date-nanoseconds "prints fewer digits" ;;
  esac
else value userland.date-nanoseconds absent; fi
habit userland.date-parse date 2024-03-01 run "date -u -d '2024-02-29 + 1 day' +%F"
if have sort; then
  answer sort words
  items userland.sort-order "$out"
else cannot userland.sort-order "there is no sort"; fi
habit userland.sort-human sort "9K${newline}2M" run "printf '2M\n9K\n' | sort -h"
habit userland.sort-version sort "v9${newline}v10" run "printf 'v10\nv9\n' | sort -V"
habit userland.stat-format stat '4 644' run "chmod 644 tree/a.txt && stat -c '%s %a' tree/a.txt"
habit userland.readlink readlink "$(pwd -P)/tree/a.txt" run 'ln -s tree/a.txt l && readlink -f l'
habit userland.realpath realpath ../tree/a.txt run 'mkdir -p r && realpath --relative-to r tree/a.txt'
habit userland.xargs-parallel xargs "1${newline}2" run "printf '1 2' | xargs -P 2 -n 1 echo | sort"
known=
for option in z j J Z; do
  if run "tar -c${option}f t.tar tree && [ -s t.tar ]" >/dev/null 2>&1; then known=$known${known:+$newline}-$option; fi
done
if run 'tar --zstd -cf t.tar tree && [ -s t.tar ]' >/dev/null 2>&1; then known=$known${known:+$newline}--zstd; fi
if have tar; then members userland.tar-compressions "$known"; else members userland.tar-compressions ''; fi
# shellcheck disable=SC2016
habit userland.ps-format ps works run 'ps -o pid= -p $$ >/dev/null && echo works'
habit userland.head-negative head 'a' run "printf 'a\nb\n' | head -n -1"
habit userland.base64-wrap base64 Zm9v run 'printf foo | base64 -w 0'
known=
dialect() { # name expected program
  if [ "$(awk "$3" </dev/null 2>/dev/null)" = "$2" ]; then known=$known${known:+$newline}$1; fi
}
dialect gensub ba 'BEGIN { print gensub(/(a)(b)/, "\\2\\1", 1, "ab") }'
dialect strftime 1970 'BEGIN { print strftime("%Y", 43200) }'
dialect length-array 1 'BEGIN { x[1] = 1; print length(x) }'
dialect interval yes 'BEGIN { if ("aa" ~ /^a{2}$/) print "yes" }'
dialect toupper-accents "$(printf '\303\211')" "BEGIN { print toupper(\"$(printf '\303\251')\") }"
dialect sorted-in 1 'BEGIN { PROCINFO["sorted_in"] = "@ind_num_asc"; x[2]; x[1]; for (k in x) { print k; exit } }'
members userland.awk-dialect "$known"
if have ls; then
  : >'tree/with space'
  answer ls -A tree
  value userland.ls-hidden "$out"
  answer ls -l tree/a.txt
  emit template userland.ls-long "$out"
else
  cannot userland.ls-hidden "there is no ls"
  cannot userland.ls-long "there is no ls"
fi
if have timeout; then
  attempt timeout 0.1 sleep 5
  if [ "$status" = 0 ] || [ -n "$out" ]; then attempt timeout 1 sleep 5; fi
  value userland.timeout-status "$status"
else value userland.timeout-status absent; fi
habit userland.timeout-kill timeout ok run 'timeout -k 1 5 echo ok'
if have mktemp; then
  answer mktemp -u
  value userland.mktemp "${out%/*}/ and ${#out} characters"
else value userland.mktemp absent; fi
habit userland.seq-equal seq "08${newline}09${newline}10" run 'seq -w 8 10'
if have printf; then value userland.printf-unicode "$(env printf '\u00e9' 2>/dev/null)"; fi
habit userland.tr-ranges tr ABC run "echo abc | tr '[:lower:]' '[:upper:]'"
# shellcheck disable=SC2016
habit userland.cp-archive cp same run 'chmod 751 tree/a.txt; touch -t 200001010000 tree/a.txt; cp -a tree/a.txt c &&
  [ -x c ] && [ ! c -nt tree/a.txt ] && [ ! c -ot tree/a.txt ] && echo same'
if have diff; then
  attempt diff tree/a.txt tree/b.md
  value userland.diff-status "$status $out"
else value userland.diff-status absent; fi
