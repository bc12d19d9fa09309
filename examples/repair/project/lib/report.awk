# Stretches summed up: room, hours and minutes, share of a working day.
BEGIN { working_day = 570 }
$1 != room { show(); room = $1; busy = 0 }
{ busy += $3 - $2 }
END { show() }

function show() {
  if (room != "") printf "%-8s %d:%02d %3d%%\n", room, busy / 60, busy % 60, busy * 100 / working_day
}
