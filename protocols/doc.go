// Package protocols holds the rule books: a disease and its rules as data, never as code.
//
// One TOML file is one rule book in one edition. Its head names it; every table after the head is one entry, the table's
// name being the entry's key:
//
//	id         = "cn-covid-2022"
//	disease    = "covid-19"
//	edition    = "9 (28 June 2022)"
//	valid_from = 2022-06-28
//	title_zh   = "…"      title_en   = "…"
//	disease_zh = "…"      disease_en = "…"
//	extends    = "cn-covid-2021"          # optional: everything that is not said here is taken from there
//	drop       = ["zone.lockdown.set"]    # optional: except these
//
//	[clock.core_info]
//	value   = 4
//	unit    = "h"
//	status  = "secondary"                 # official, secondary, local, derived, planning, not_verified
//	source  = "https://…"
//	note_zh = "…"         note_en = "…"
//	value_zh       = "…"                  # optional, of a text value: the same in Chinese
//	applies        = "running"            # optional: new or running
//	applies_source = "…"                  # then needed: who says so
//	superseded     = "…"                  # optional: the document that replaced it, where its number was not seen
//
// applies tells what happens when an outbreak that runs changes to this edition. new: what has begun keeps the value it began
// under. running: what has begun follows as well where the value makes it shorter, and never longer by itself. Left out, how
// long somebody is restricted is running and everything else is new: no rule book seen so far says it of itself, and nobody is
// held a day longer than the rule of the day.
//
// keys.go lists every key a rule book may hold, with its type and units. A file that breaks a rule is refused as a whole and
// all its faults are told at once, each with file, line and column.
//
// A site adds its own files (Set.With), usually with extends and a few entries: a local rule is then one small file that can
// be read in a meeting.
package protocols
