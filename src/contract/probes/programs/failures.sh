# shellcheck shell=sh disable=SC2154
# How common failures look. The programs are those an agent would use.
# answers: failures.missing-file failures.no-permission failures.is-a-directory failures.not-a-directory
# answers: failures.exists failures.not-empty failures.disk-full failures.name-too-long failures.link-loop
# answers: failures.bad-interpreter failures.file-size failures.descriptors failures.archive failures.no-match
# answers: failures.read-only failures.bad-option failures.missing-operand failures.no-process failures.broken-pipe
# answers: failures.network-name failures.network-refused failures.package-install

if work_directory; then
  cd "$work" || exit 0
  echo text >file
  mkdir full && : >full/file
  failure failures.missing-file cat no-such-file
  if have chmod; then
    chmod 000 file
    failure failures.no-permission cat file
    chmod 644 file
  else cannot failures.no-permission "there is no chmod"; fi
  failure failures.is-a-directory cat full
  failure failures.not-a-directory cat file/below
  failure failures.exists mkdir full
  failure failures.not-empty rmdir full
  if [ -e /dev/full ]; then
    # shellcheck disable=SC2016
    failure failures.disk-full again -c 'cat file >/dev/full'
  else cannot failures.disk-full "there is no /dev/full"; fi
  long=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  long=$long$long$long$long
  failure failures.name-too-long mkdir "$long$long$long"
  if ln -s one two 2>/dev/null && ln -s two one 2>/dev/null; then
    failure failures.link-loop cat one
  else cannot failures.link-loop "links cannot be made"; fi
  # shellcheck disable=SC2016
  printf '#!/no/such/interpreter\n' >script && chmod 755 script 2>/dev/null
  failure failures.bad-interpreter again -c ./script
  # shellcheck disable=SC2016
  failure failures.file-size again -c 'ulimit -f 1; trap "" XFSZ; head -c 100000 /dev/zero >big'
  # shellcheck disable=SC2016
  failure failures.descriptors again -c 'ulimit -n 3; cat file'
  echo broken >broken.tar
  failure failures.archive tar -xzf broken.tar
  attempt grep needle file
  first=$status
  attempt grep needle no-such-file
  value failures.no-match "$first and $status"
else
  for id in missing-file no-permission is-a-directory not-a-directory exists not-empty disk-full name-too-long link-loop \
    bad-interpreter file-size descriptors archive no-match; do cannot "failures.$id" "no directory can be written"; done
fi
failure failures.read-only again -c 'echo x >/proc/version'
failure failures.bad-option ls --no-such-option
failure failures.missing-operand cp
failure failures.no-process again -c 'kill 99999999'
# The reader leaves at once; the writer's own status is asked for.
out=$( { (yes 2>/dev/null; echo $? >&3) | : ; } 3>&1 )
if [ -n "$out" ]; then value failures.broken-pipe "$out"; else cannot failures.broken-pipe "the shell does not tell it"; fi
if have getent; then failure failures.network-name getent hosts name.invalid
elif have nslookup; then failure failures.network-name nslookup name.invalid
else cannot failures.network-name "neither getent nor nslookup is there"; fi
if have curl; then failure failures.network-refused curl -sS --max-time 2 --noproxy '*' http://127.0.0.1:9/
elif have wget; then failure failures.network-refused wget -q -T 2 -O - http://127.0.0.1:9/
else cannot failures.network-refused "neither curl nor wget is there"; fi
# The system's own manager first: pip takes a second to find out.
if have apk; then failure failures.package-install apk add --no-network no-such-package-here
elif have apt-get; then failure failures.package-install apt-get install -y --no-download no-such-package-here
elif have pip3; then
  failure failures.package-install pip3 --disable-pip-version-check install --no-input --no-index no-such-package-here
else cannot failures.package-install "no package manager is there"; fi
