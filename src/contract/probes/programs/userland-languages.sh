# shellcheck shell=sh disable=SC2154
# Python and git: what they bring beyond themselves.
# answers: userland.python-alias userland.python-externally-managed userland.python-encoding userland.python-modules
# answers: clock.hash-seed failures.python-exception failures.python-syntax failures.python-module userland.git-config
# answers: failures.git-no-repository failures.git-no-identity

if have python; then
  attempt python -c 'import sys; print(sys.version_info[0])'
  value userland.python-alias "$out"
else value userland.python-alias absent; fi
if have python3; then
  # One start for all of it: starting Python is slow.
  facts=$(python3 - 2>/dev/null <<'P'
import importlib.util, locale, os, sys, sysconfig
print(hash("a"))
print("barred" if os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")) else "free")
print(locale.getpreferredencoding(False), sys.stdout.encoding, sys.getfilesystemencoding())
for name in """numpy pandas scipy sklearn matplotlib torch tensorflow requests yaml bs4 lxml PIL flask django fastapi pytest
        setuptools pip wheel virtualenv venv ensurepip tkinter sqlite3 ssl lzma curses openai anthropic httpx""".split():
    if importlib.util.find_spec(name):
        print(name)
P
)
  one=${facts%%"$newline"*} facts=${facts#*"$newline"}
  value userland.python-externally-managed "${facts%%"$newline"*}"
  facts=${facts#*"$newline"}
  value userland.python-encoding "${facts%%"$newline"*}"
  case $facts in
  *"$newline"*) members userland.python-modules "${facts#*"$newline"}" ;;
  *) members userland.python-modules '' ;;
  esac
  if [ "$one" = "$(python3 -c 'print(hash("a"))' 2>/dev/null)" ]; then value clock.hash-seed "the same in every run"
  else value clock.hash-seed "differs from run to run"; fi
  failure failures.python-exception python3 -c 'open("/no/such/file")'
  failure failures.python-syntax python3 -c 'print('
  failure failures.python-module python3 -c 'import no_such_module'
else
  members userland.python-modules ''
  value userland.python-externally-managed absent
  value userland.python-encoding absent
  value clock.hash-seed absent
  for id in python-exception python-syntax python-module; do cannot "failures.$id" "there is no python3"; done
fi
if have git; then
  answer git config --list --name-only
  members userland.git-config "$out"
  if work_directory; then
    cd "$work" || exit 0
    failure failures.git-no-repository git status
    git init -q . >/dev/null 2>&1
    : >file
    git add file >/dev/null 2>&1
    failure failures.git-no-identity git -c user.useConfigOnly=true -c user.name= -c user.email= commit -qm text
  else
    cannot failures.git-no-repository "no directory can be written"
    cannot failures.git-no-identity "no directory can be written"
  fi
else
  members userland.git-config ''
  cannot failures.git-no-repository "there is no git"
  cannot failures.git-no-identity "there is no git"
fi
