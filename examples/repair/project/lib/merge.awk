# Bookings sorted by room and begin, as the stretches in which a room is taken: "room from to". One pass, one line of memory.
$1 != room { flush(); room = $1; from = $2; to = $3; next }
$2 <= to { to = $3; next }
{ flush(); from = $2; to = $3 }
END { flush() }

function flush() {
  if (room != "") print room, from, to
}
