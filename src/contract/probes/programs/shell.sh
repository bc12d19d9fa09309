# shellcheck shell=sh disable=SC2154,SC2016
# The shell, and what it knows. Syntax is tried in a shell of its own, because an error ends it.
# answers: shell.implementation shell.version shell.name shell.login shell.interactive shell.options shell.sh
# answers: shell.bash shell.available shell.pipefail shell.pipe-status shell.echo-escapes shell.echo-option shell.double-bracket
# answers: shell.arrays shell.braces shell.here-string shell.process-substitution shell.local shell.unmatched-glob
# answers: shell.function-names shell.read-options shell.ulimit-options shell.terminal shell.size shell.syntax-error
# answers: shell.unset-variable shell.command-not-found shell.division-by-zero shell.missing-redirect
# answers: shell.killed-child shell.not-executable shell.exit-trap

work_directory

implementation=unknown version=unknown
# shellcheck disable=SC3028  # Each shell has one of these.
if [ -n "${BASH_VERSION-}" ]; then
  implementation=bash version=$BASH_VERSION
elif [ -n "${ZSH_VERSION-}" ]; then
  implementation=zsh version=$ZSH_VERSION
elif [ -n "${KSH_VERSION-}" ]; then
  implementation=ksh version=$KSH_VERSION
elif have readlink; then
  exe=$(readlink "/proc/$$/exe" 2>/dev/null)
  case $exe in
  *busybox*)
    implementation='busybox ash'
    version=$("$exe" 2>&1 | while read -r _ number _; do echo "$number" && break; done)
    ;;
  '') cannot shell.version "/proc does not tell it" ;;
  *) implementation=${exe##*/} ;;
  esac
fi
value shell.implementation "$implementation"
value shell.version "$version"
value shell.name "$0"
case $-:$0 in
*l*:* | *:-*) login=yes ;;
*) login=no ;;
esac
if [ -n "${BASH_VERSION-}" ]; then
  # shellcheck disable=SC3044
  if shopt -q login_shell; then login=yes; else login=no; fi
fi
# Where a shell does not show it, the words it was started with do: the options before its commands.
if [ "$login" = no ] && have tr && [ -r "/proc/$$/cmdline" ]; then
  out=$(tr '\000' '\n' <"/proc/$$/cmdline" 2>/dev/null | {
    read -r _
    while read -r word; do
      case $word in
      --login) echo login ;;
      --*) ;;
      -*)
        case $word in *l*) echo login ;; esac
        case $word in *c*) break ;; esac
        ;;
      *) break ;;
      esac
    done
  })
  if [ -n "$out" ]; then login=yes; fi
fi
value shell.login "$login"
case $- in *i*) value shell.interactive yes ;; *) value shell.interactive no ;; esac
value shell.options "$-"

target=$(command -v sh)
if [ -z "$target" ]; then
  value shell.sh absent
elif have readlink; then
  value shell.sh "$(readlink -f "$target" 2>/dev/null || echo "$target")"
else value shell.sh "$target"; fi
# shellcheck disable=SC2016
if have bash; then value shell.bash "$(bash -c 'echo "$BASH_VERSION"' 2>&1)"; else value shell.bash absent; fi
present shell.available 'sh bash dash ash zsh ksh mksh fish csh tcsh busybox pwsh'

syntax() { # id text: `known` when a shell takes it and prints ok
  out=$(again -c "$2" 2>/dev/null </dev/null)
  if [ "$out" = ok ]; then value "$1" known; else value "$1" unknown; fi
}
syntax shell.pipefail 'set -o pipefail && echo ok'
# Of the shell that runs us, as it was started.
false | true
value shell.pipe-status "$?"
value shell.echo-escapes "$(again -c 'echo "a\tb"' 2>/dev/null)"
# shellcheck disable=SC3036,SC3037
value shell.echo-option "$(again -c 'echo -n x; echo -e y' 2>/dev/null)"
syntax shell.double-bracket '[[ a == a* ]] && echo ok'
syntax shell.arrays 'x=(n ok); echo ${x[1]}'
value shell.braces "$(again -c 'echo {a,b}{1..2}' 2>/dev/null)"
syntax shell.here-string 'read -r x <<< ok; echo $x'
syntax shell.process-substitution 'read -r x < <(echo ok); echo $x'
syntax shell.local 'f() { local x=no; }; x=ok; f; echo $x'
value shell.unmatched-glob "$(again -c 'cd /; for x in no-such-*; do echo "$x"; done' 2>/dev/null)"
syntax shell.exit-trap 'trap "echo ok" EXIT; :'
syntax shell.function-names 'a-b() { echo ok; }; a-b'
known=
for option in '-n 1' '-t 1' '-d x' '-s' '-a y' '-p x'; do
  # shellcheck disable=SC2086  # The option and its value.
  if printf 'xx\n' | again -c "read -r $option z" >/dev/null 2>&1; then known="$known${known:+$newline}${option%% *}"; fi
done
members shell.read-options "$known"
known=
for option in c d e f i l m n p q r s t u v w x H S T; do
  if again -c "ulimit -$option" >/dev/null 2>&1; then known="$known${known:+$newline}-$option"; fi
done
members shell.ulimit-options "$known"
value shell.terminal "${TERM-unset}"
value shell.size "${COLUMNS-unset} ${LINES-unset}"

failure shell.syntax-error again -c 'if true; then'
# shellcheck disable=SC2016
failure shell.unset-variable again -c 'set -u; echo "$no_such_variable"'
failure shell.command-not-found again -c 'no-such-program-here'
# shellcheck disable=SC2016
failure shell.division-by-zero again -c 'zero=0; echo $((1 / zero))'
failure shell.missing-redirect again -c 'cat </no/such/file'
# shellcheck disable=SC2016
failure shell.killed-child again -c 'sh -c "kill -9 \$\$"; echo "status $?"'
if [ -n "$work" ]; then
  echo 'echo no' >"$work/script"
  failure shell.not-executable again -c "$work/script"
else cannot shell.not-executable "no directory can be written"; fi
