# What was seen on the wire, from captures with payload (tests/net/capture -x). The files are given
# as at=B b.out at=D d.out ... at=inet inet.out: first those of the places where a packet may
# arrive, then that of the internet, which every packet crosses. A packet is the same at two places
# when its payload is. Prints a table, a row for all that is alike; writes to the file `facts`, as
# shell variables, when each step was first seen.

BEGIN {
	name["192.168.1.2"] = "B"
	name["192.168.1.3"] = "D"
	name["192.168.1.4"] = "E"
	name["192.168.1.5"] = "E" # for tests of NATs
	word["ENTRY"] = "BR_ENTRY"
	word["MESSAGE"] = "SENDMSG"
}

# Who speaks from that endpoint, in $who; its address, with the port unless that is the usual one.
function place(endpoint,    part)
{
	split(endpoint, part, ":")
	who = part[1] in name ? name[part[1]] : "?"
	return part[2] == 2425 ? part[1] : endpoint
}

# What became of it: it got to the host, or ended at the router or before.
function fate_of(to, payload, ttl)
{
	if ((to, payload) in arrived)
		return ""
	if (to == "B" && ("A", payload) in arrived)
		return "dropped by A"
	if (to == "D" && ("C", payload) in arrived)
		return "dropped by C"
	return ttl < 3 ? "low TTL, dies" : "lost"
}

# The step of the figure that it belongs to, or "" for what only keeps things going.
function step_of(from, to, command)
{
	if (command == "ASKPUNCHING")
		asked = 1
	if (command == "MESSAGE" || command == "RECVMSG")
		return "msg"
	if (command == "ASKPUNCHING")
		return 3
	if (command == "ORDERPUNCHING" || command == "ANSPUNCHING")
		return 4
	if (command != "ENTRY" && command != "ANSENTRY")
		return ""
	if (from == "E" || to == "E")
		return asked ? "" : 1
	return asked ? 5 : 2
}

function fact(variable, time, command)
{
	if (variable in known)
		return
	known[variable] = time
	if (command != "")
		known[variable "_word"] = command
}

function learn(from, to, command, step, fate, time)
{
	if (step == 1 && command == "ENTRY" && fate == "")
		fact(from == "B" ? "enter_b" : "enter_d", time)
	if (step == 2 && from == "B" && fate == "dropped by C")
		fact("direct", time)
	if (step == 3 && fate == "")
		fact("ask", time)
	if (command == "ORDERPUNCHING" && to == "D" && fate == "")
		fact("order", time)
	if (command == "ANSPUNCHING" && to == "B" && fate == "")
		fact("told", time)
	if (step == 5 && fate == "" && ("order" in known))
		fact(from == "D" ? "punch_d" : "punch_b", time,
			command in word ? word[command] : command)
	if (command == "RECVMSG" && fate == "")
		fact(from == "D" ? "message_d" : "message_b", time)
}

at != "inet" {
	arrived[at, $11] = 1
	next
}

{
	from_place = place($2)
	from = who
	to_place = place($4)
	to = who
	fate = fate_of(to, $11, $6)
	step = step_of(from, to, $10)
	learn(from, to, $10, step, fate, $1)
	row = step SUBSEP $2 SUBSEP $4 SUBSEP $10 SUBSEP fate
	if (step == "")
		next
	if (!(row in times)) {
		rows[++count] = row
		left[row] = sprintf("%s %s", from, from_place)
		right[row] = sprintf("%s %s", to, to_place)
		first[row] = $1
		packet[row] = $10 in word ? word[$10] : $10
		steps[row] = step == "msg" ? "" : "(" step ")"
		fates[row] = fate
	}
	times[row]++
}

END {
	printf "  %sstep   time   from            to              packet%s\n", bold, plain
	for (i = 1; i <= count; i++) {
		row = rows[i]
		often = times[row] > 1 ? "x" times[row] : ""
		line = sprintf("%6s   %-15s %-15s %-13s %-4s", first[row], left[row], right[row],
			packet[row], often)
		if (fates[row] == "")
			sub(/ +$/, "", line)
		printf "  %s%-4s%s %s%s%s%s\n", step_colour, steps[row], plain, line, bad,
			fates[row], plain
	}
	for (variable in known)
		printf "%s=%s\n", variable, known[variable] >facts
}
