package access

import (
	"fmt"
	"strings"

	"breakwater/internal/outbreak"
)

// Permission is one thing somebody may do. Its sentence is the catalogue entry "access.may.<permission>".
type Permission string

// The permissions of the house. Every route and every service method names one.
const (
	AreaRead        Permission = "area.read"       // see areas and their figures
	AreaManage      Permission = "area.manage"     // load areas, issue tube serials
	OutbreakManage  Permission = "outbreak.manage" // declare an outbreak and its protocol
	RosterLoad      Permission = "roster.load"     // load the roll
	PersonRead      Permission = "person.read"     // see a person's record without the name
	PersonIdentity  Permission = "person.identity" // open the sealed name, number, phone and address, for a stated purpose
	PersonErase     Permission = "person.erase"    // destroy a person's identity for good
	PersonMerge     Permission = "person.merge"    // decide that two codes are one person, or two after all
	PersonRegister  Permission = "person.register" // register a walk-in
	CodePrint       Permission = "code.print"      // print and show personal codes, for a stated purpose
	PlaceRead       Permission = "place.read"
	PlaceManage     Permission = "place.manage"   // add places and names of them, merge and unmerge them
	VisitRead       Permission = "visit.read"     // see who was where, for a stated purpose
	VisitRecord     Permission = "visit.record"   // say and correct who was where
	SecretIssue     Permission = "secret.issue"   // print the result secrets of an area
	SecretReissue   Permission = "secret.reissue" // replace, copy or revoke the result secret of one person
	RoundRead       Permission = "round.read"
	RoundManage     Permission = "round.manage"   // open and close rounds
	TubeClose       Permission = "tube.close"     // hand in closed tubes
	SerialIssue     Permission = "serial.issue"   // hand runs of tube serials to sampling points, and take them back
	TubeSpoil       Permission = "tube.spoil"     // report a tube lost, leaked or rejected
	OutcomeRecord   Permission = "outcome.record" // record who is excused, refused, away, unreachable
	AnomalySettle   Permission = "anomaly.settle"
	CallBackRecord  Permission = "call_back.record" // check by a call what somebody recorded of a person, and say what it found
	RehearsalRecord Permission = "rehearsal.record" // keep the verdict of a rehearsal
	PoolSearch      Permission = "pool.search"      // work on the search into a positive pool without a positive member, and conclude it
	PositiveTell    Permission = "positive.tell"    // see whose positive result waits to be told, and say that it was
	SelfTestRecord  Permission = "self_test.record" // hand out antigen kits and record what they showed
	LabRead         Permission = "lab.read"
	LabManage       Permission = "lab.manage"
	LabReceive      Permission = "lab.receive"
	LabReport       Permission = "lab.report"
	LabCorrect      Permission = "lab.correct" // revise a reported result
	LabRelease      Permission = "lab.release" // let the results of a run that somebody else entered count
	LabVoid         Permission = "lab.void"    // propose and confirm that nothing of a run stands
	LabAudit        Permission = "lab.audit"   // settle alarms about a laboratory's own word
	LabSettle       Permission = "lab.settle"  // settle the alarms of a laboratory
	CrateRead       Permission = "crate.read"  // see transport boxes and what never came
	CrateSend       Permission = "crate.send"  // hand a transport box over
	CaseRead        Permission = "case.read"
	CaseOpen        Permission = "case.open"
	CaseClassify    Permission = "case.classify"    // classify, set severity, decide a case in question
	CaseStep        Permission = "case.step"        // record reports and investigations as done
	CaseEdit        Permission = "case.edit"        // change what the line list says of one case
	CaseBulk        Permission = "case.bulk"        // change many cases at once, and take that back
	CaseLoad        Permission = "case.load"        // take line lists and lists of contacts in from files
	ContactRead     Permission = "contact.read"     // see who exposed whom
	ContactLoad     Permission = "contact.load"     // take lists of contacts in from files, and withdraw a link
	ReconcileRead   Permission = "reconcile.read"   // see lists of others, and how they differ from ours
	ReconcileSettle Permission = "reconcile.settle" // decide differences, take theirs over, send ours
	ReconcileLoad   Permission = "reconcile.load"   // keep parties, take their lists in, say who owns which field
	ExportStatutory Permission = "export.statutory" // define and run statutory reports
	WorklistUse     Permission = "worklist.use"     // make working lists and work with those shared with one
	SiteRead        Permission = "site.read"
	SiteManage      Permission = "site.manage"
	StayRecord      Permission = "stay.record" // arrivals and discharges
	TripRead        Permission = "trip.read"
	TripPlan        Permission = "trip.plan"     // assign vehicles, cancel trips
	TripDrive       Permission = "trip.drive"    // record pick-up and arrival
	SupplyRead      Permission = "supply.read"   // see what sampling points, laboratories and depots have
	SupplyRecord    Permission = "supply.record" // record what came in, left and was counted
	SupplyManage    Permission = "supply.manage" // add items, explain counts that differ from the book
	TaskRead        Permission = "task.read"
	TaskWork        Permission = "task.work"
	BoardRead       Permission = "board.read" // see the figures of the backlog
	BoardRows       Permission = "board.rows" // see the rows behind them, each of which is about somebody
	JournalRead     Permission = "journal.read"
	EventRetry      Permission = "event.retry" // retry or dismiss a parked entry
	ProtocolRead    Permission = "protocol.read"
	ExportRows      Permission = "export.rows"
	UserManage      Permission = "user.manage"
	SelfManage      Permission = "self.manage" // own password, own tokens, own sessions: everybody who is signed in
)

// Role names a set of permissions.
type Role string

const (
	Administrator   Role = "administrator"
	Command         Role = "command"
	Sampler         Role = "sampler"
	Laboratory      Role = "laboratory"
	Investigator    Role = "investigator"
	ContactTracer   Role = "contact_tracer"
	SiteManager     Role = "site_manager"
	Dispatcher      Role = "dispatcher"
	CommunityWorker Role = "community_worker"
	PermitOfficer   Role = "permit_officer"
	Auditor         Role = "auditor"
	DataProtection  Role = "data_protection" // erases whom the law wants erased; sees no name
	ReadOnly        Role = "read_only"
	Agency          Role = "agency" // somebody outside the health service: figures of areas, nobody's health
)

// Roles lists them in the order of a form.
var Roles = []Role{Administrator, Command, Investigator, ContactTracer, Sampler, Laboratory, SiteManager, Dispatcher, CommunityWorker, PermitOfficer, Auditor, DataProtection, ReadOnly, Agency}

// seeing is what nearly every role needs to find its way: figures and queues, no names.
var seeing = []Permission{AreaRead, BoardRead, BoardRows, RoundRead, TaskRead, ProtocolRead, SelfManage}

// Table says what each role may do. It is the one table of rights in the house.
var Table = map[Role][]Permission{
	Administrator: with(AreaManage, OutbreakManage, RosterLoad, RoundManage, LabRead, LabManage, SiteRead, SiteManage, TripRead,
		TaskWork, JournalRead, EventRetry, UserManage, ExportRows, PersonRegister, TubeClose, TubeSpoil, OutcomeRecord, AnomalySettle,
		LabReceive, LabReport, LabCorrect, LabRelease, LabVoid, LabAudit, LabSettle, CrateRead, CrateSend, CaseRead, CaseOpen, CaseClassify, CaseStep, CaseEdit, CaseBulk, CaseLoad, ContactRead, ContactLoad, StayRecord,
		TripPlan, TripDrive, PersonRead, PersonIdentity, PersonErase, PersonMerge, PlaceRead, PlaceManage, VisitRead, VisitRecord, SecretIssue, SecretReissue,
		PositiveTell, SelfTestRecord, CodePrint, SerialIssue, PoolSearch, CallBackRecord, RehearsalRecord, SupplyRead, SupplyRecord, SupplyManage,
		ReconcileRead, ReconcileSettle, ReconcileLoad, ExportStatutory, WorklistUse),
	Command: with(OutbreakManage, RoundManage, SerialIssue, LabRead, LabAudit, LabSettle, CrateRead, CaseRead, CaseClassify, SiteRead, SiteManage, TripRead, TripPlan, PersonRead, ContactRead,
		TaskWork, JournalRead, EventRetry, ExportRows, AnomalySettle, PoolSearch, SupplyRead, SupplyManage,
		ReconcileRead, ReconcileSettle, ExportStatutory, WorklistUse),
	Sampler:    with(PersonRegister, CodePrint, SerialIssue, TubeClose, TubeSpoil, OutcomeRecord, AnomalySettle, SelfTestRecord, CrateRead, CrateSend, TaskWork, SupplyRead, SupplyRecord),
	Laboratory: with(LabRead, LabReceive, LabReport, LabCorrect, LabRelease, LabVoid, LabSettle, CrateRead, CrateSend, TubeSpoil, TaskWork, PoolSearch, SupplyRead, SupplyRecord),
	Investigator: with(CaseRead, CaseOpen, CaseClassify, CaseStep, CaseEdit, CaseBulk, CaseLoad, PersonRead, PersonIdentity, PersonMerge, PlaceRead, PlaceManage, VisitRead, VisitRecord, LabRead, SiteRead, TripRead, TaskWork, AnomalySettle, PositiveTell, ExportRows, PoolSearch, CallBackRecord, SupplyRead, ContactRead, ContactLoad,
		ReconcileRead, ReconcileSettle, ReconcileLoad, ExportStatutory, WorklistUse),
	ContactTracer:   with(CaseRead, PositiveTell, PersonRead, PersonIdentity, PlaceRead, PlaceManage, VisitRead, VisitRecord, TaskWork, CallBackRecord, ContactRead, ContactLoad, WorklistUse),
	SiteManager:     with(SiteRead, SiteManage, StayRecord, PersonRead, CaseRead, TripRead, TaskWork, WorklistUse),
	Dispatcher:      with(TripRead, TripPlan, TripDrive, SiteRead, PersonRead, TaskWork, WorklistUse),
	CommunityWorker: with(PersonRead, PersonIdentity, PersonRegister, CodePrint, OutcomeRecord, TubeSpoil, SecretReissue, SelfTestRecord, TaskWork, SupplyRead, SupplyRecord, WorklistUse),
	PermitOfficer:   with(PersonRead, TaskWork),
	Auditor:         with(JournalRead, CaseRead, PersonRead, LabRead, CrateRead, SiteRead, TripRead, ExportRows, SupplyRead, ContactRead, ReconcileRead),
	DataProtection:  with(PersonRead, PersonErase),
	ReadOnly:        with(CaseRead, LabRead, CrateRead, SiteRead, TripRead, SupplyRead),
	Agency:          {AreaRead, BoardRead, ProtocolRead, SelfManage}, // no round, tube, task: they stand for people
}

func with(more ...Permission) []Permission { return append(append([]Permission{}, seeing...), more...) }

var holds = func() map[Role]map[Permission]bool {
	m := map[Role]map[Permission]bool{Device: {}}
	for _, p := range deviceRights {
		m[Device][p] = true
	}
	for role, list := range Table {
		m[role] = map[Permission]bool{}
		for _, p := range list {
			m[role][p] = true
		}
	}
	return m
}()

// Can tells whether the actor holds the permission in that scope. A grant without area or outbreak reaches all of them; an
// outbreak of 0 in the scope asks for no particular outbreak. Our own consumers may act everywhere.
func Can(by outbreak.Actor, p Permission, where outbreak.Scope) bool {
	if by.System != "" {
		return true
	}
	for _, g := range by.Grants {
		if holds[Role(g.Role)][p] && g.Area.Contains(where.Area) && (g.Outbreak == 0 || where.Outbreak == 0 || g.Outbreak == where.Outbreak) {
			return true
		}
	}
	return false
}

// Anywhere tells whether the actor holds the permission in some scope: enough to open a page, whose rows are then scoped.
func Anywhere(by outbreak.Actor, p Permission) bool {
	if by.System != "" {
		return true
	}
	for _, g := range by.Grants {
		if holds[Role(g.Role)][p] {
			return true
		}
	}
	return false
}

// Require refuses an actor who may not.
func Require(by outbreak.Actor, p Permission, where outbreak.Scope) error {
	if Can(by, p, where) {
		return nil
	}
	if Anywhere(by, p) {
		return outbreak.Refuse(outbreak.Forbidden, "access.outside_scope", "permission", string(p))
	}
	return outbreak.Refuse(outbreak.Forbidden, "access.not_allowed", "permission", string(p))
}

// RequireThroughout is Require for a thing that reaches every outbreak when the scope names none: whoever is limited to one
// outbreak is refused then.
func RequireThroughout(by outbreak.Actor, p Permission, where outbreak.Scope) error {
	if by.System != "" || throughout(by.Grants, p, where.Area, where.Outbreak) {
		return nil
	}
	return outbreak.Refuse(outbreak.Forbidden, "access.outside_scope", "permission", string(p))
}

// RequireAnywhere refuses an actor who holds the permission in no scope at all; the rows are then cut to Reach.
func RequireAnywhere(by outbreak.Actor, p Permission) error {
	if Anywhere(by, p) {
		return nil
	}
	return outbreak.Refuse(outbreak.Forbidden, "access.not_allowed", "permission", string(p))
}

// Reach lists the scopes in which the actor holds the permission, for the where-clause of a list.
func Reach(by outbreak.Actor, p Permission) []outbreak.Scope {
	if by.System != "" {
		return []outbreak.Scope{{}}
	}
	var reach []outbreak.Scope
	for _, g := range by.Grants {
		if holds[Role(g.Role)][p] {
			reach = append(reach, outbreak.Scope{Area: g.Area, Outbreak: g.Outbreak})
		}
	}
	return reach
}

// Within writes a condition that cuts rows with the columns area and outbreak to the actor's reach, and the arguments with
// its own behind them. alias is the table's name with its dot, or empty. Who reaches nothing gets a condition no row meets.
func Within(by outbreak.Actor, p Permission, alias string, args []any) (string, []any) {
	var any []string
	for _, s := range Reach(by, p) {
		args = append(args, s.Area, s.Area.Upto())
		cond := fmt.Sprintf("%[1]sarea >= $%[2]d and %[1]sarea < $%[3]d", alias, len(args)-1, len(args))
		if s.Outbreak != 0 {
			args = append(args, s.Outbreak)
			cond += fmt.Sprintf(" and %soutbreak = $%d", alias, len(args))
		}
		any = append(any, "("+cond+")")
	}
	if any == nil {
		return "1 = 0", args
	}
	return "(" + strings.Join(any, " or ") + ")", args
}
