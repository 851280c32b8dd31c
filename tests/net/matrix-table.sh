# shellcheck shell=sh
# A matrix of NAT kinds. A test sources this instead of lab.sh, whose top says more, says in
#	try_pair	what becomes of B, who asks, behind A, and D behind C:
#			$outcome a word, $shown the same for people, $step why
# and calls
#	matrix FILE	a case for each pair of the table in FILE, and the table as it was found
# FILE is what is expected, rows ask columns: the kinds behind "asks for:", then a line for each
# who asks; '#' begins a comment; "open/closed" is either. Half of the rows are tried in a lab of
# their own, at the same time, as most of it is waiting.
#
# MATRIX_KINDS	only those kinds, as rows and as columns
# MATRIX_LABS	how many labs, 2 unless told
#
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1

matrix()
{
	matrix_read "$1"
	if [ -n "${MATRIX_PART-}" ]; then
		matrix_try_rows
	else
		matrix_all
	fi
}

# The lines of the table go to $LAB_DIR/expected, its kinds to $matrix_all_kinds, and to $kinds
# those that are wanted.
matrix_read()
{
	sed '/^#/d;/^$/d' "$1" >"$LAB_DIR/expected" || bail "no table $1"
	read -r _ _ matrix_all_kinds <"$LAB_DIR/expected"
	kinds=${MATRIX_KINDS:-$matrix_all_kinds}
}

# matrix_expected ASKER TARGET: in $expected.
matrix_expected()
{
	matrix_asker=$1
	matrix_target=$2
	# shellcheck disable=SC2046 # a list of words
	set -- $(sed -n "s/^$matrix_asker  *//p" "$LAB_DIR/expected")
	expected=
	for matrix_kind in $matrix_all_kinds; do
		[ "$matrix_kind" != "$matrix_target" ] || expected=${1-}
		[ $# -eq 0 ] || shift
	done
	[ -n "$expected" ] || bail "the table has no $matrix_asker that asks for $matrix_target"
}

# --- One lab

matrix_pair()
{
	lab_nat A "$1" || bail "no $1 at A"
	lab_nat C "$2" || bail "no $2 at C"
	matrix_expected "$1" "$2"
	outcome=
	shown=
	step=
	try_pair
	case /$expected/ in
	*/"$outcome"/*) ok "$1 asks for $2: $shown" ;;
	*) not_ok "$1 asks for $2: $outcome instead of $expected${step:+ ($step)}" ;;
	esac
	row="$row $(printf '%-18s' "$shown")"
}

# The rows of this lab: every so many-th, beginning with the MATRIX_PART-th.
matrix_try_rows()
{
	lab_up public public
	matrix_number=0
	for asker in $kinds; do
		matrix_number=$((matrix_number % ${MATRIX_LABS:-2} + 1))
		[ "$matrix_number" -eq "$MATRIX_PART" ] || continue
		row=$(printf '%-18s' "$asker")
		for target in $kinds; do
			matrix_pair "$asker" "$target"
		done
		echo "$row" >"$MATRIX_DIR/row.$asker"
	done
}

# --- All of them

# Cases are counted through, whichever lab they are of.
matrix_all()
{
	# shellcheck disable=SC2086 # a list of words
	set -- $kinds
	plan $(($# * $#))
	matrix_part=0
	while [ "$matrix_part" -lt "${MATRIX_LABS:-2}" ]; do
		matrix_part=$((matrix_part + 1))
		MATRIX_PART=$matrix_part MATRIX_DIR=$LAB_DIR sh "$0" >"$LAB_DIR/part.$matrix_part" &
		echo $! >"$LAB_DIR/part-$matrix_part.pid"
		LAB_PROCESSES="part-$matrix_part $LAB_PROCESSES"
	done
	wait
	cat "$LAB_DIR"/part.* | awk '/^(not )?ok [0-9]+ - / { sub(/[0-9]+/, ++cases) } 1'
	TAP_FAILED=$(cat "$LAB_DIR"/part.* | grep -c '^not ok')
	matrix_show
}

matrix_show()
{
	# shellcheck disable=SC2086 # a list of words
	{
		printf '%-18s' 'asks for:'
		printf ' %-18s' $kinds
		echo
		for matrix_kind in $kinds; do
			cat "$LAB_DIR/row.$matrix_kind"
		done
	} | sed 's/^/# /;s/ *$//'
	diag "$(cat "$LAB_DIR"/part.* | grep -c '^ok .*: open') of these pairs open"
}
