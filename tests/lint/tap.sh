# Sourced by the lint tests: where the tree is, and a case's result in TAP.

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
cases=0

# result NAME COMPLAINTS: ok when there are none; else each line is shown.
result() {
	cases=$((cases + 1))
	if [ -z "$2" ]; then
		echo "ok $cases - $1"
	else
		echo "not ok $cases - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

finish() {
	echo "1..$cases"
	exit 0
}
