# Bookings as "room from to", in minutes after midnight. A line that is none ends the program with its number.
BEGIN { FS = "," }
/^[ \t]*(#.*)?$/ { next }
NF != 4 || $2 !~ /^[0-9][0-9]:[0-9][0-9]$/ || $3 !~ /^[0-9][0-9]:[0-9][0-9]$/ { wrong("not room,from,to,who") }
{
  from = minutes($2)
  to = minutes($3)
  if (from >= to) wrong("ends before it begins")
  print $1, from, to
}

function minutes(time, parts) {
  split(time, parts, ":")
  return parts[1] * 60 + parts[2]
}

function wrong(why) {
  print FILENAME ":" FNR ": " why ": " $0 | "cat >&2"
  close("cat >&2")
  exit 1
}
