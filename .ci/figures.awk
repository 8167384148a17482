# Passes on what `go test -v` says, and tells its figures at the end.
# awk -f figures.awk -v of=attack | crash
function field(name,   at, text) {
	at = index($0, "\"" name "\":")
	if (!at) return ""
	text = substr($0, at + length(name) + 3)
	sub(/[,}].*/, "", text)
	return text
}
{ print; fflush() }
/=== RUN / { test = $3 }
/--- FAIL/ { failed++ }
/--- SKIP/ { skipped = skipped "\nnot tried: " $3 }
/--- PASS: TestAttack\// { withstood++ }
/--- PASS: TestAttackSucceedsOnceACheckIsGone\// { seen++ }
/"acknowledged":/ {
	sub(/^TestKillingTheServer[A-Za-z]*/, "server killed", test); sub(/^TestKillingTheDatabase[A-Za-z]*/, "database server killed", test)
	sub(/^TestABrokenDisk[A-Za-z]*/, "disk broken", test); sub(/^TestAFullDisk[A-Za-z]*/, "disk of the database server full", test)
	sub(/^TestSeveralServers[A-Za-z]*/, "one of two servers killed", test)
	gsub(/\//, " ", test)
	lines = lines sprintf("\n%-36s %4d times, %7d acknowledged, %d lost, %d doubled, %d positives without what follows, %d ghosts, journal %s", test, field("kills"),
		field("acknowledged"), field("lost"), field("doubled"), field("positives_without_follow_on"), field("ghosts"), field("journal_ok") == "true" ? "whole" : "NOT WHOLE")
}
END {
	if (of == "attack") printf "\n%d attacks withstood, %d of them seen to succeed once a check is gone, %d failed\n", withstood, seen, failed
	if (of == "crash") printf "%s%s\n%d failed\n", lines, skipped, failed
}
