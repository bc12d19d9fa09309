# Bookings as the stretches in which a room is taken: "room from to". Joins pairs that meet until none is left.
{ room[NR] = $1; from[NR] = $2 + 0; to[NR] = $3 + 0 }
END {
  do {
    joined = 0
    for (i = 1; i <= NR; i++) for (j = 1; j <= NR; j++) {
      if (i == j || !(i in room) || !(j in room) || room[i] != room[j] || from[j] < from[i] || from[j] > to[i]) continue
      if (to[j] > to[i]) to[i] = to[j]
      delete room[j]
      joined = 1
    }
  } while (joined)
  for (i = 1; i <= NR; i++) if (i in room) print room[i], from[i], to[i]
}
