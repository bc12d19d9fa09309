# shellcheck shell=sh disable=SC2154
# The variables around a command. Values only where they are no secret.
# answers: environment.names environment.proxy environment.language-variables environment.automation
# answers: environment.secret-shaped environment.loader model.variables environment.path environment.locale
# answers: environment.charset environment.locales environment.zone environment.home environment.user
# answers: environment.shell environment.pwd environment.temporary environment.editor

if have env; then
  # A value may hold newlines and look like another variable; `env -0` cannot be read by sh, so names must look like names.
  names='' proxies='' languages='' automation='' secrets='' loader='' models=''
  out=$(env)
  while IFS= read -r line; do
    case $line in *=*) name=${line%%=*} ;; *) continue ;; esac
    case $name in
    '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;;
    esac
    names=$names$name$newline
    case $name in
    http_proxy | https_proxy | no_proxy | all_proxy | ftp_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY)
      proxies=$proxies$name$newline
      ;;
    PYTHON* | PIP_* | UV_* | NODE_* | NPM_* | npm_* | GOPATH | GOFLAGS | GOPROXY | CARGO_* | RUST* | JAVA_* | VIRTUAL_ENV | CONDA_*)
      languages=$languages$name$newline
      ;;
    CI | DEBIAN_FRONTEND | NONINTERACTIVE | GIT_TERMINAL_PROMPT | NO_COLOR | FORCE_COLOR | CLICOLOR)
      automation=$automation$name$newline
      ;;
    LD_* | DYLD_*) loader=$loader$name$newline ;;
    esac
    case $name in *KEY | *KEY_* | *TOKEN* | *SECRET* | *PASSWORD* | *CREDENTIAL*) secrets=$secrets$name$newline ;; esac
    case $name in OPENAI_* | ANTHROPIC_* | GEMINI_* | GOOGLE_API_KEY | AZURE_OPENAI* | HF_* | OLLAMA_* | *_BASE_URL)
      models=$models$name$newline ;;
    esac
  done <<EOF
$out
EOF
  members environment.names "$names"
  members environment.proxy "$proxies"
  members environment.language-variables "$languages"
  members environment.automation "$automation"
  members environment.secret-shaped "$secrets"
  members environment.loader "$loader"
  members model.variables "$models"
else
  for id in environment.names environment.proxy environment.language-variables environment.automation \
    environment.secret-shaped environment.loader model.variables; do cannot "$id" "there is no env"; done
fi
path=
rest=${PATH-}:
while [ -n "$rest" ]; do
  path=$path${rest%%:*}$newline
  rest=${rest#*:}
done
items environment.path "${path%"$newline"}"
text=
for name in LANG LC_ALL LC_CTYPE LC_COLLATE LC_MESSAGES LANGUAGE; do
  eval "set=\${$name+set} word=\${$name-}"
  # shellcheck disable=SC2154  # eval sets both.
  if [ -n "$set" ]; then text="$text${text:+ }$name=$word"; fi
done
value environment.locale "${text:-none}"
if have locale; then
  answer locale charmap
  value environment.charset "$out"
  answer locale -a
  members environment.locales "$out"
else
  cannot environment.charset "there is no locale"
  cannot environment.locales "there is no locale"
fi
value environment.zone "${TZ-unset}"
value environment.home "${HOME-unset}"
value environment.user "${USER-unset} ${LOGNAME-unset}"
value environment.shell "${SHELL-unset}"
# shellcheck disable=SC3044
if [ "${PWD-unset}" = "$(pwd -P)" ]; then value environment.pwd yes; else value environment.pwd no; fi
value environment.temporary "${TMPDIR-unset}"
value environment.editor "${EDITOR-unset} ${VISUAL-unset} ${PAGER-unset}"
