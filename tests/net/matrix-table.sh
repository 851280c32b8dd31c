# shellcheck shell=sh
# A matrix of NAT kinds. A test sources this instead of lab.sh, whose top says more, says in
#	try_pair	what becomes of B, who asks, behind A, and D behind C:
#			$outcome a word, $shown the same for people, $step why
# and calls
#	matrix FILE	a case for each pair of the table in FILE, and the table as it was found
# FILE is what is expected, rows ask columns: the kinds behind "asks for:", then a line for each
# who asks; '#' begins a comment; "open/closed" is either, and "-" is not tried. The rows are
# shared out among some labs that are tried at the same time.
#
# MATRIX_KINDS	only those kinds, as rows and as columns
# MATRIX_LABS	how many labs, 3 unless told
#
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "${top_srcdir:-.}/tests/net/lab.sh" || exit 1

matrix()
{
	matrix_read "$1"
	if [ -n "${LAB_PART-}" ]; then
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
	matrix_expected "$1" "$2"
	shown=-
	[ "$expected" = - ] || matrix_try "$1" "$2"
	row="$row $(printf '%-18s' "$shown")"
}

matrix_try()
{
	lab_nat A "$1" || bail "no $1 at A"
	lab_nat C "$2" || bail "no $2 at C"
	outcome=
	shown=
	step=
	try_pair
	case /$expected/ in
	*/"$outcome"/*) ok "$1 asks for $2: $shown" ;;
	*) not_ok "$1 asks for $2: $outcome instead of $expected${step:+ ($step)}" ;;
	esac
}

# The rows of this lab: every so many-th, beginning with the LAB_PART-th.
matrix_try_rows()
{
	lab_up public public
	matrix_number=0
	for asker in $kinds; do
		matrix_number=$((matrix_number % ${MATRIX_LABS:-3} + 1))
		[ "$matrix_number" -eq "$LAB_PART" ] || continue
		row=$(printf '%-18s' "$asker")
		for target in $kinds; do
			matrix_pair "$asker" "$target"
		done
		echo "$row" >"$LAB_ALL/row.$asker"
	done
}

# --- All of them

matrix_all()
{
	matrix_cases=0
	for asker in $kinds; do
		for target in $kinds; do
			matrix_expected "$asker" "$target"
			[ "$expected" = - ] || matrix_cases=$((matrix_cases + 1))
		done
	done
	plan "$matrix_cases"
	lab_parts "${MATRIX_LABS:-3}"
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
