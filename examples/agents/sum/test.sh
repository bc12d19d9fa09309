[ "$(sh sum.sh 2 3)" = 5 ] || exit 1
