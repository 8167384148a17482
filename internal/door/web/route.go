package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// Route is one row of the table that makes the mux, the navigation, the test of rights and the pictures of all pages.
type Route struct {
	Method string
	Path   string            // as the mux reads it: "/cases/{id}"
	May    access.Permission // what its visitor must hold somewhere, the rows being cut to his reach; empty: being signed in is enough
	Also   access.Permission // what he must hold beside; empty: nothing
	Open   bool              // for visitors who have not signed in, too
	Title  string            // words key of the page's title
	Group  string            // navigation group; empty: not in the navigation
	Page   string            // template; empty for a command
	Back   string            // of a command: the page whose form it answers
	Live   bool              // the page is redrawn while it is open
	Step   access.Step       // which step of signing in it is for; it is open when that step has to be taken
	Leave  bool              // open at every step: signing out
	Own    bool              // its rows depend on who reads, not on his rights alone

	shown func(by outbreak.Actor) bool // tells who finds the page in the navigation; nil: whoever may open it
	file  bool                         // the form carries a file, which is in call.file

	read func(s *Server, c *call) (any, error)                                  // gives the data of a page
	do   func(s *Server, c *call) (string, error)                               // does a command and gives where to go next
	give func(s *Server, w http.ResponseWriter, r *http.Request, c *call) error // sends a file instead of a page
}

// call is what a handler may know of a request: who asks, what for, in which language.
type call struct {
	ctx   context.Context
	by    outbreak.Actor
	visit visit
	view  *View
	query url.Values
	path  func(name string) string
	form  url.Values
	file  *scratch // of a form that carries one; gone after the request
	route Route
	agent string      // what the browser calls itself
	from  string      // the address of the visitor
	local bool        // he sits at the machine itself
	asked words.Lang  // what the address asks for
	site  access.Site // the house as his browser sees it

	cookies []*http.Cookie // to be set with the answer
	remind  any            // data for the page when the command is shown again, or instead of going anywhere
}

// Routes are the pages and commands of the web door, in the order of the navigation.
var Routes = []Route{
	{Method: "GET", Path: "/login", Open: true, Title: "web.login.title", Page: "login", read: (*Server).readLogin},
	{Method: "POST", Path: "/login", Open: true, Title: "web.login.title", Back: "/login", do: (*Server).signIn},
	{Method: "GET", Path: "/login/factor", Step: access.StepFactor, Title: "web.factor.title", Page: "factor", read: (*Server).readFactor},
	{Method: "POST", Path: "/login/factor", Step: access.StepFactor, Title: "web.factor.title", Back: "/login/factor", do: (*Server).showFactor},
	{Method: "POST", Path: "/login/factor/challenge", Step: access.StepFactor, Title: "web.factor.title", Back: "/login/factor", give: (*Server).askPasskey},
	{Method: "GET", Path: "/login/directory", Open: true, Title: "web.login.title", give: (*Server).toDirectory},
	{Method: "GET", Path: "/login/directory/done", Open: true, Title: "web.login.title", give: (*Server).fromDirectory},
	{Method: "POST", Path: "/logout", Leave: true, Title: "web.nav.logout", do: (*Server).signOut},
	{Method: "GET", Path: "/offline", Open: true, Title: "web.offline.title", Page: "offline", read: (*Server).readOffline},
	{Method: "GET", Path: "/booth", Open: true, Title: "web.booth.title", Page: "booth", read: (*Server).readBooth},
	{Method: "POST", Path: "/booth/enrol", Open: true, Title: "web.booth.title", Back: "/booth", give: (*Server).enrolDevice},
	{Method: "GET", Path: "/setup", Open: true, Title: "web.setup.title", Page: "setup", read: (*Server).readSetup},
	{Method: "POST", Path: "/setup", Open: true, Title: "web.setup.title", Back: "/setup", do: (*Server).setUp},

	{Method: "GET", Path: "/{$}", May: access.BoardRead, Title: "web.board.title", Group: "overview", Page: "board", Live: true, read: (*Server).readBoard},
	{Method: "GET", Path: "/waiting", May: access.BoardRows, Title: "web.waiting.title", Group: "overview", Page: "waiting", Live: true, read: (*Server).readWaiting},

	{Method: "GET", Path: "/outbreaks", May: access.AreaRead, Title: "web.outbreaks.title", Group: "overview", Page: "outbreaks", read: (*Server).readOutbreaks},
	{Method: "POST", Path: "/outbreaks", May: access.OutbreakManage, Title: "web.outbreaks.title", Back: "/outbreaks", do: (*Server).declareOutbreak},
	{Method: "GET", Path: "/outbreaks/{id}", May: access.AreaRead, Title: "web.outbreak.title", Page: "outbreak", read: (*Server).readOutbreak},
	{Method: "POST", Path: "/outbreaks/{id}/protocol", May: access.OutbreakManage, Title: "web.outbreak.title", Back: "/outbreaks/{id}", do: (*Server).changeProtocol},
	{Method: "POST", Path: "/outbreaks/{id}/clocks/{case}/{step}", May: access.OutbreakManage, Title: "web.outbreak.title", Back: "/outbreaks/{id}", do: (*Server).extendClock},
	{Method: "GET", Path: "/protocols", May: access.ProtocolRead, Title: "web.protocols.title", Group: "overview", Page: "protocols", read: (*Server).readProtocols},
	{Method: "GET", Path: "/protocols/compare", May: access.ProtocolRead, Title: "web.compare.title", Page: "compare", read: (*Server).readCompare},
	{Method: "GET", Path: "/protocols/{id}", May: access.ProtocolRead, Title: "web.protocol.title", Page: "protocol", read: (*Server).readProtocol},

	{Method: "GET", Path: "/rounds", May: access.RoundRead, Title: "web.rounds.title", Group: "screening", Page: "rounds", Live: true, read: (*Server).readRounds},
	{Method: "POST", Path: "/rounds", May: access.RoundManage, Title: "web.rounds.title", Back: "/rounds", do: (*Server).openRound},
	{Method: "GET", Path: "/round-sets", May: access.RoundRead, Title: "web.sets.title", Group: "screening", Page: "sets", read: (*Server).readComparedRounds},
	{Method: "POST", Path: "/rounds/{id}/begin", May: access.RoundManage, Title: "web.round.title", Back: "/rounds/{id}", do: (*Server).beginRound},
	{Method: "POST", Path: "/rounds/{id}/cancel", May: access.RoundManage, Title: "web.round.title", Back: "/rounds/{id}", do: (*Server).cancelRound},
	{Method: "POST", Path: "/rounds/{id}/end", May: access.RoundManage, Title: "web.round.title", Back: "/rounds/{id}", do: (*Server).endSampling},
	{Method: "GET", Path: "/rounds/{id}/missing", May: access.OutcomeRecord, Title: "web.missing.title", Page: "missing", read: (*Server).readMissing},
	{Method: "POST", Path: "/rounds/{id}/missing/out", May: access.ExportRows, Title: "web.missing.title", Back: "/rounds/{id}/missing", give: (*Server).giveMissing},
	{Method: "POST", Path: "/rounds/{id}/doors", May: access.OutcomeRecord, Title: "web.doors.title", Back: "/rounds/{id}/missing", do: (*Server).printDoors},
	{Method: "GET", Path: "/rounds/{id}/doors", May: access.OutcomeRecord, Title: "web.doors.title", Page: "doors", read: (*Server).readDoors},
	{Method: "POST", Path: "/rounds/{id}/doors/find", May: access.OutcomeRecord, Title: "web.doors.title", Back: "/rounds/{id}/doors", do: (*Server).findDoor},
	{Method: "GET", Path: "/doors/print", May: access.OutcomeRecord, Title: "web.doors.print", Page: "door_print", read: (*Server).readDoorPrint},
	{Method: "GET", Path: "/doors/{id}", May: access.OutcomeRecord, Title: "web.doors.sheet", Page: "door", read: (*Server).readDoor},
	{Method: "POST", Path: "/doors/{id}", May: access.OutcomeRecord, Title: "web.doors.sheet", Back: "/doors/{id}", do: (*Server).fillDoor},
	{Method: "POST", Path: "/doors/{id}/lose", May: access.OutcomeRecord, Title: "web.doors.sheet", Back: "/doors/{id}", do: (*Server).loseDoor},
	{Method: "GET", Path: "/rounds/{id}/walk-ins", May: access.RoundRead, Title: "web.walk_ins.title", Page: "walk_ins", read: (*Server).readWalkIns},
	{Method: "POST", Path: "/rounds/{id}/close", May: access.RoundManage, Title: "web.round.title", Back: "/rounds/{id}", do: (*Server).closeRound},
	{Method: "GET", Path: "/rounds/{id}", May: access.RoundRead, Title: "web.round.title", Page: "round", Live: true, read: (*Server).readRound},
	{Method: "POST", Path: "/rounds/{id}/people", May: access.OutcomeRecord, Title: "web.standing.title", Back: "/rounds/{id}/people", do: (*Server).recordOutcome},
	{Method: "GET", Path: "/rounds/{id}/people", May: access.RoundRead, Title: "web.standing.title", Page: "standing", Live: true, read: (*Server).readStanding},
	{Method: "GET", Path: "/rounds/{id}/quality", May: access.RoundRead, Title: "web.quality.title", Page: "quality", Live: true, read: (*Server).readQuality},
	{Method: "GET", Path: "/rounds/{id}/quality.csv", May: access.RoundRead, Title: "web.quality.title", give: (*Server).giveQuality},
	{Method: "GET", Path: "/rounds/{id}/waiting", May: access.RoundRead, Title: "web.round_waiting.title", Page: "round-waiting", Live: true, read: (*Server).readRoundWaiting},
	{Method: "GET", Path: "/tubes", May: access.RoundRead, Title: "web.tubes.title", Group: "screening", Page: "tubes", Live: true, read: (*Server).readTubes},
	{Method: "GET", Path: "/tubes/{code}", May: access.RoundRead, Title: "web.tube.title", Page: "tube", Live: true, read: (*Server).readTube},
	{Method: "POST", Path: "/tubes/{code}/result", May: access.LabReport, Title: "web.tube.title", Back: "/tubes/{code}", do: (*Server).reportResult},
	{Method: "POST", Path: "/tubes/{code}/spoil", May: access.TubeSpoil, Title: "web.tube.title", Back: "/tubes/{code}", do: (*Server).spoilTube},
	{Method: "GET", Path: "/recalls", May: access.RoundRead, Title: "web.recalls.title", Group: "screening", Page: "recalls", Live: true, read: (*Server).readRecalls},
	{Method: "GET", Path: "/searches", May: access.RoundRead, Title: "web.searches.title", Group: "screening", Page: "searches", Live: true, read: (*Server).readSearches},
	{Method: "GET", Path: "/searches/{id}", May: access.RoundRead, Title: "web.search.title", Page: "search", Own: true, read: (*Server).readSearch},
	{Method: "POST", Path: "/searches/{id}/steps", May: access.PoolSearch, Title: "web.search.title", Back: "/searches/{id}", do: (*Server).takeSearchStep},
	{Method: "POST", Path: "/searches/{id}/conclude", May: access.PoolSearch, Title: "web.search.title", Back: "/searches/{id}", do: (*Server).concludeSearch},
	{Method: "GET", Path: "/anomalies", May: access.RoundRead, Title: "web.anomalies.title", Group: "screening", Page: "anomalies", read: (*Server).readAnomalies},
	{Method: "POST", Path: "/anomalies/{id}/settle", May: access.AnomalySettle, Title: "web.anomalies.title", Back: "/anomalies", do: (*Server).settleAnomaly},
	{Method: "GET", Path: "/call-backs", May: access.CallBackRecord, Title: "web.calls.title", Group: "screening", Page: "call_backs", read: (*Server).readCallBacks},
	{Method: "POST", Path: "/call-backs/{id}", May: access.CallBackRecord, Title: "web.calls.title", Back: "/call-backs", do: (*Server).recordCallBack},
	{Method: "GET", Path: "/booths", May: access.RoundRead, Title: "web.booths.title", Group: "screening", Page: "booths", read: (*Server).readBooths},
	{Method: "POST", Path: "/booths/{id}/devices", May: access.RoundManage, Title: "web.booths.title", Back: "/booths", do: (*Server).newDeviceCode},
	{Method: "POST", Path: "/booths/devices/{device}/revoke", May: access.RoundManage, Title: "web.booths.title", Back: "/booths", do: (*Server).revokeDevice},
	{Method: "POST", Path: "/booths/devices/{device}/loss", May: access.RoundManage, Title: "web.booths.title", Back: "/booths", do: (*Server).declareLoss},
	{Method: "POST", Path: "/booths/codes/epoch", May: access.UserManage, Title: "web.booths.title", Back: "/booths", do: (*Server).newCodeEpoch},
	{Method: "GET", Path: "/samplers", May: access.RoundManage, Title: "web.samplers.title", Group: "screening", Page: "samplers", read: (*Server).readSamplers},
	{Method: "POST", Path: "/samplers", May: access.RoundManage, Title: "web.samplers.title", Back: "/samplers", do: (*Server).addSampler},
	{Method: "POST", Path: "/samplers/{sampler}/badge", May: access.RoundManage, Title: "web.samplers.title", Back: "/samplers", do: (*Server).showBadge},
	{Method: "POST", Path: "/samplers/{sampler}/end", May: access.RoundManage, Title: "web.samplers.title", Back: "/samplers", do: (*Server).endSampler},
	{Method: "GET", Path: "/sheets", May: access.TubeClose, Title: "web.sheets.title", Group: "screening", Page: "sheets", Own: true, read: (*Server).readSheets},
	{Method: "POST", Path: "/sheets", May: access.TubeClose, Title: "web.sheets.title", Back: "/sheets", do: (*Server).openSheet},
	{Method: "GET", Path: "/sheets/{id}", May: access.TubeClose, Title: "web.sheets.title", Page: "sheet", Own: true, read: (*Server).readSheet},
	{Method: "POST", Path: "/sheets/{id}", May: access.TubeClose, Title: "web.sheets.title", Back: "/sheets/{id}", do: (*Server).keySheet},
	{Method: "GET", Path: "/stations", May: access.RoundRead, Title: "web.stations.title", Group: "screening", Page: "stations", read: (*Server).readStations},
	{Method: "POST", Path: "/stations/booths", May: access.RoundManage, Title: "web.stations.title", Back: "/stations", do: (*Server).addBooth},
	{Method: "POST", Path: "/stations/labs", May: access.LabManage, Title: "web.stations.title", Back: "/stations", do: (*Server).addLab},
	{Method: "POST", Path: "/stations/boxes", May: access.AreaManage, Title: "web.stations.title", Back: "/stations", do: (*Server).issueBox},
	{Method: "GET", Path: "/labels", May: access.RoundRead, Title: "labels.title", Group: "screening", Page: "labels", read: (*Server).readLabels},
	{Method: "POST", Path: "/labels/boxes", May: access.AreaManage, Title: "labels.title", Back: "/labels", do: (*Server).makeBox},
	{Method: "POST", Path: "/labels/serials", May: access.SerialIssue, Title: "labels.title", Back: "/labels", do: (*Server).issueSerials},
	{Method: "POST", Path: "/labels/serials/{run}/end", May: access.SerialIssue, Title: "labels.title", Back: "/labels", do: (*Server).endSerials},
	{Method: "GET", Path: "/labels/print", May: access.RoundRead, Title: "labels.title", give: (*Server).giveSerialLabels},
	{Method: "POST", Path: "/labels/people", May: access.CodePrint, Title: "labels.title", Back: "/labels", give: (*Server).givePeopleLabels},

	{Method: "GET", Path: "/laboratories", May: access.LabRead, Title: "web.lab.title", Group: "screening", Page: "laboratory", read: (*Server).readLaboratories},
	{Method: "GET", Path: "/laboratories/{id}", May: access.LabRead, Title: "web.lab.title", Page: "laboratory", read: (*Server).readLaboratory},
	{Method: "POST", Path: "/laboratories/{id}/tools", May: access.LabManage, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).addTool},
	{Method: "POST", Path: "/laboratories/{id}/tools/{tool}", May: access.LabReport, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).setTool},
	{Method: "POST", Path: "/laboratories/{id}/kits", May: access.LabManage, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).addKit},
	{Method: "POST", Path: "/laboratories/{id}/supplies", May: access.LabReport, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).countSupply},
	{Method: "POST", Path: "/laboratories/{id}/runs", May: access.LabReport, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).enterRun},
	{Method: "POST", Path: "/laboratories/{id}/alarms/{alarm}", May: access.LabSettle, Title: "web.lab.title", Back: "/laboratories/{id}", do: (*Server).settleLabAlarm},
	{Method: "GET", Path: "/runs/{id}", May: access.LabRead, Title: "web.run.title", Page: "run", read: (*Server).readRun},
	{Method: "POST", Path: "/runs/{id}/release", May: access.LabRelease, Title: "web.run.title", Back: "/runs/{id}", do: (*Server).releaseRun},
	{Method: "POST", Path: "/runs/{id}/doubt", May: access.LabVoid, Title: "web.run.title", Back: "/runs/{id}", do: (*Server).doubtRun},
	{Method: "POST", Path: "/runs/{id}/clear", May: access.LabVoid, Title: "web.run.title", Back: "/runs/{id}", do: (*Server).clearRun},
	{Method: "POST", Path: "/runs/{id}/void", May: access.LabVoid, Title: "web.run.title", Back: "/runs/{id}", do: (*Server).voidRun},
	{Method: "GET", Path: "/crates", May: access.CrateRead, Title: "web.crates.title", Group: "screening", Page: "crates", read: (*Server).readCrates},
	{Method: "POST", Path: "/crates", May: access.CrateSend, Title: "web.crates.title", Back: "/crates", do: (*Server).sendCrate},
	{Method: "POST", Path: "/crates/{id}", May: access.LabReceive, Title: "web.crates.title", Back: "/crates", do: (*Server).takeCrate},
	{Method: "GET", Path: "/supplies", May: access.SupplyRead, Title: "web.supplies.title", Group: "screening", Page: "supplies", read: (*Server).readSupplies},
	{Method: "POST", Path: "/supplies", May: access.SupplyRecord, Title: "web.supplies.title", Back: "/supplies", do: (*Server).openStore},
	{Method: "POST", Path: "/supplies/items", May: access.SupplyManage, Title: "web.supplies.title", Back: "/supplies", do: (*Server).addItem},
	{Method: "POST", Path: "/supplies/moves/{move}/explain", May: access.SupplyManage, Title: "web.supplies.title", Back: "/supplies", do: (*Server).explainCount},
	{Method: "GET", Path: "/supplies/{id}", May: access.SupplyRead, Title: "web.supplies.store", Page: "store", read: (*Server).readStore},
	{Method: "POST", Path: "/supplies/{id}/counts", May: access.SupplyRecord, Title: "web.supplies.store", Back: "/supplies/{id}", do: (*Server).countStock},
	{Method: "POST", Path: "/supplies/{id}/moves", May: access.SupplyRecord, Title: "web.supplies.store", Back: "/supplies/{id}", do: (*Server).recordStock},
	{Method: "GET", Path: "/residents", May: access.RoundRead, Title: "web.residents.title", Group: "screening", Page: "residents", read: (*Server).readResidents},
	{Method: "POST", Path: "/residents/lines", May: access.RoundManage, Title: "web.residents.title", Back: "/residents", do: (*Server).setLine},
	{Method: "POST", Path: "/residents/kits", May: access.SelfTestRecord, Title: "web.residents.title", Back: "/residents", do: (*Server).handOutKits},
	{Method: "POST", Path: "/residents/self-tests", May: access.SelfTestRecord, Title: "web.residents.title", Back: "/residents", do: (*Server).recordSelfTest},
	{Method: "POST", Path: "/residents/secrets", May: access.SecretIssue, Title: "web.residents.title", Back: "/residents", give: (*Server).giveSecrets},

	{Method: "GET", Path: "/cases", May: access.CaseRead, Title: "web.cases.title", Group: "cases", Page: "cases", read: (*Server).readCases},
	{Method: "GET", Path: "/cases/to", May: access.CaseRead, Title: "web.cases.title", give: (*Server).goCases},
	{Method: "POST", Path: "/cases/name", May: access.CaseRead, Also: access.PersonIdentity, Title: "web.cases.title", Back: "/cases", do: (*Server).searchCases},
	{Method: "POST", Path: "/cases/names", May: access.CaseRead, Also: access.PersonIdentity, Title: "web.cases.title", Back: "/cases", do: (*Server).openCaseNames},
	{Method: "POST", Path: "/cases/out", May: access.ExportRows, Title: "web.cases.title", Back: "/cases", do: (*Server).exportCases},
	{Method: "GET", Path: "/cases/out/{id}", May: access.ExportRows, Title: "web.cases.title", give: (*Server).giveCases},
	{Method: "POST", Path: "/cases/views", May: access.CaseRead, Title: "web.cases.title", Back: "/cases", do: (*Server).saveView},
	{Method: "POST", Path: "/cases/views/drop", May: access.CaseRead, Title: "web.cases.title", Back: "/cases", do: (*Server).dropView},
	{Method: "GET", Path: "/cases/many", May: access.CaseBulk, Title: "caselist.many.title", Page: "many", read: (*Server).readMany},
	{Method: "POST", Path: "/cases/many", May: access.CaseBulk, Title: "caselist.many.title", Back: "/cases/many", do: (*Server).changeMany},
	{Method: "GET", Path: "/cases/edits", May: access.CaseBulk, Title: "caselist.edits.title", Page: "edits", read: (*Server).readEdits},
	{Method: "POST", Path: "/cases/edits", May: access.CaseBulk, Title: "caselist.edits.title", Back: "/cases/edits", do: (*Server).undoEdit},
	{Method: "GET", Path: "/cases/curve", May: access.CaseRead, Title: "caselist.curve.title", Page: "curve", read: (*Server).readCurve},
	{Method: "GET", Path: "/cases/curve/file", May: access.CaseRead, Title: "caselist.curve.title", give: (*Server).giveCurve},
	{Method: "GET", Path: "/cases/table", May: access.CaseRead, Title: "caselist.table.title", Page: "table", read: (*Server).readTable},
	{Method: "GET", Path: "/cases/table/file", May: access.CaseRead, Title: "caselist.table.title", give: (*Server).giveTable},
	{Method: "GET", Path: "/cases/quality", May: access.CaseRead, Title: "caselist.quality.title", Page: "case_quality", read: (*Server).readCaseQuality},
	{Method: "GET", Path: "/cases/quality/file", May: access.CaseRead, Title: "caselist.quality.title", give: (*Server).giveCaseQuality},
	{Method: "POST", Path: "/cases/{id}/edit", May: access.CaseEdit, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).editCase},
	{Method: "POST", Path: "/cases/{id}/extra", May: access.PersonIdentity, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).openExtra},
	{Method: "GET", Path: "/cases/{id}", May: access.CaseRead, Title: "web.case.title", Page: "case", read: (*Server).readCase},
	{Method: "POST", Path: "/cases/{id}/steps/{step}", May: access.CaseStep, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).completeStep},
	{Method: "POST", Path: "/cases/{id}/contacts/{link}/withdraw", May: access.ContactLoad, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).withdrawLink},
	{Method: "POST", Path: "/cases/{id}/classify", May: access.CaseClassify, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).classifyCase},
	{Method: "POST", Path: "/cases/{id}/decide", May: access.CaseClassify, Title: "web.case.title", Back: "/cases/{id}", do: (*Server).decideCase},
	{Method: "GET", Path: "/positives", May: access.PositiveTell, Title: "web.positives.title", Group: "cases", Page: "positives", read: (*Server).readPositives},
	{Method: "POST", Path: "/positives/{tube}/{person}/told", May: access.PositiveTell, Title: "web.positives.title", Back: "/positives", do: (*Server).tellPositive},
	{Method: "GET", Path: "/people", May: access.PersonRead, Title: "web.find.title", Group: "cases", Page: "find", read: (*Server).readFind},
	{Method: "POST", Path: "/people", May: access.PersonRead, Title: "web.find.title", Back: "/people", do: (*Server).findPerson},
	{Method: "POST", Path: "/people/name", May: access.PersonIdentity, Title: "web.find.title", Back: "/people", do: (*Server).searchPeople},
	{Method: "GET", Path: "/register", May: access.PersonRegister, Title: "web.register.title", Group: "cases", Page: "register", read: (*Server).readRegister},
	{Method: "POST", Path: "/register", May: access.PersonRegister, Title: "web.register.title", Back: "/register", do: (*Server).registerPerson},
	{Method: "GET", Path: "/people/duplicates", May: access.PersonMerge, Title: "duplicates.title", Group: "cases", Page: "duplicates", read: (*Server).readDuplicates},
	{Method: "GET", Path: "/duplicates/{id}", May: access.PersonMerge, Title: "duplicates.pair", Page: "duplicate", read: (*Server).readDuplicate},
	{Method: "POST", Path: "/duplicates/{id}", May: access.PersonMerge, Title: "duplicates.pair", Back: "/duplicates/{id}", do: (*Server).decideDuplicate},
	{Method: "POST", Path: "/duplicates/{id}/open", May: access.PersonIdentity, Title: "duplicates.pair", Back: "/duplicates/{id}", do: (*Server).openDuplicate},
	{Method: "POST", Path: "/candidates/{one}/{other}", May: access.PersonMerge, Title: "duplicates.title", Back: "/people/duplicates", do: (*Server).decideCandidate},
	{Method: "POST", Path: "/people/{id}/merge", May: access.PersonMerge, Title: "web.person.title", Back: "/people/{id}", do: (*Server).mergePeople},
	{Method: "POST", Path: "/people/{id}/merges/{merge}/undo", May: access.PersonMerge, Title: "web.person.title", Back: "/people/{id}", do: (*Server).unmergePeople},
	{Method: "POST", Path: "/people/{id}/identity-changes/{change}", May: access.PersonMerge, Title: "web.person.title", Back: "/people/{id}", do: (*Server).decideIdentity},
	{Method: "GET", Path: "/people/{id}/erase", May: access.PersonErase, Title: "web.erase.title", Page: "erase", read: (*Server).readErase},
	{Method: "POST", Path: "/people/{id}/erase", May: access.PersonErase, Title: "web.erase.title", Back: "/people/{id}/erase", do: (*Server).erasePerson},
	{Method: "GET", Path: "/people/{id}/erasure", May: access.PersonErase, Title: "web.erase.receipt", Page: "erasure", read: (*Server).readErasure},
	{Method: "GET", Path: "/people/{id}/erasure/receipt", May: access.PersonErase, Title: "web.erase.receipt", give: (*Server).giveErasure},
	{Method: "GET", Path: "/people/{id}/code", May: access.CodePrint, Title: "labels.code", Page: "code", read: (*Server).readCode},
	{Method: "POST", Path: "/people/{id}/code", May: access.CodePrint, Title: "labels.code", Back: "/people/{id}/code", do: (*Server).showCode},
	{Method: "GET", Path: "/people/{id}/secret", May: access.SecretReissue, Title: "web.secret.title", Page: "secret", read: (*Server).readSecret},
	{Method: "POST", Path: "/people/{id}/secret", May: access.SecretReissue, Title: "web.secret.title", Back: "/people/{id}/secret", do: (*Server).changeSecret},
	{Method: "GET", Path: "/people/{id}", May: access.PersonRead, Title: "web.person.title", Page: "person", read: (*Server).readPerson},
	{Method: "POST", Path: "/people/{id}/visits/new", May: access.VisitRecord, Title: "web.person.title", Back: "/people/{id}", do: (*Server).recordVisit},
	{Method: "POST", Path: "/people/{id}/visits/{visit}", May: access.VisitRecord, Title: "web.person.title", Back: "/people/{id}", do: (*Server).correctVisit},
	{Method: "POST", Path: "/people/{id}/visits", May: access.VisitRead, Title: "web.person.title", Back: "/people/{id}", do: (*Server).openVisitsOf},
	{Method: "GET", Path: "/places", May: access.PlaceRead, Title: "web.places.title", Group: "cases", Page: "places", read: (*Server).readPlaces},
	{Method: "POST", Path: "/places", May: access.PlaceManage, Title: "web.places.title", Back: "/places", do: (*Server).addPlace},
	{Method: "POST", Path: "/places/{id}", May: access.PlaceManage, Title: "web.places.place", Back: "/places/{id}", do: (*Server).changePlace},
	{Method: "POST", Path: "/places/{id}/names", May: access.PlaceManage, Title: "web.places.place", Back: "/places/{id}", do: (*Server).namePlace},
	{Method: "POST", Path: "/places/{id}/merge", May: access.PlaceManage, Title: "web.places.place", Back: "/places/{id}", do: (*Server).mergePlaces},
	{Method: "POST", Path: "/places/{id}/merges/{merge}/undo", May: access.PlaceManage, Title: "web.places.place", Back: "/places/{id}", do: (*Server).unmergePlaces},
	{Method: "POST", Path: "/places/{id}/visits/new", May: access.VisitRecord, Title: "web.places.place", Back: "/places/{id}", do: (*Server).recordVisit},
	{Method: "POST", Path: "/places/{id}/visits/{visit}", May: access.VisitRecord, Title: "web.places.place", Back: "/places/{id}", do: (*Server).correctVisit},
	{Method: "GET", Path: "/places/{id}", May: access.PlaceRead, Title: "web.places.place", Page: "place", read: (*Server).readPlace},
	{Method: "POST", Path: "/places/{id}/visits", May: access.VisitRead, Title: "web.places.place", Back: "/places/{id}", do: (*Server).openVisits},
	{Method: "POST", Path: "/people/{id}/identity", May: access.PersonIdentity, Title: "web.person.title", Back: "/people/{id}", do: (*Server).openIdentity},

	{Method: "GET", Path: "/reconcile", May: access.ReconcileRead, Title: "web.reconcile.title", Group: "cases", Page: "reconcile", read: (*Server).readParties},
	{Method: "POST", Path: "/reconcile", May: access.ReconcileLoad, Title: "web.reconcile.title", Back: "/reconcile", do: (*Server).addParty},
	{Method: "GET", Path: "/reconcile/{party}", May: access.ReconcileRead, Title: "web.party.title", Page: "party", read: (*Server).readParty},
	{Method: "POST", Path: "/reconcile/{party}", May: access.ReconcileLoad, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).changeParty},
	{Method: "POST", Path: "/reconcile/{party}/lists", May: access.ReconcileLoad, Title: "web.party.title", Back: "/reconcile/{party}", file: true, do: (*Server).takeList},
	{Method: "POST", Path: "/reconcile/{party}/compare", May: access.ReconcileLoad, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).compareParty},
	{Method: "POST", Path: "/reconcile/{party}/settle", May: access.ReconcileSettle, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).settleDifferences},
	{Method: "POST", Path: "/reconcile/{party}/take", May: access.ReconcileSettle, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).takeTheirs},
	{Method: "POST", Path: "/reconcile/{party}/is", May: access.ReconcileSettle, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).sayCase},
	{Method: "POST", Path: "/reconcile/{party}/send", May: access.ReconcileSettle, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).sendOurs},
	{Method: "POST", Path: "/reconcile/{party}/fields", May: access.ReconcileLoad, Title: "web.party.title", Back: "/reconcile/{party}", do: (*Server).ownFields},
	{Method: "POST", Path: "/reconcile/{party}/corrections", May: access.ReconcileSettle, Title: "web.party.title", Back: "/reconcile/{party}", give: (*Server).giveCorrections},
	{Method: "GET", Path: "/statutory", May: access.ExportStatutory, Title: "web.statutory.title", Group: "cases", Page: "statutory", read: (*Server).readReports},
	{Method: "POST", Path: "/statutory", May: access.ExportStatutory, Title: "web.statutory.title", Back: "/statutory", do: (*Server).defineReport},
	{Method: "GET", Path: "/statutory/{code}", May: access.ExportStatutory, Title: "web.report.title", Page: "report", read: (*Server).readReport},
	{Method: "POST", Path: "/statutory/{code}", May: access.ExportStatutory, Title: "web.report.title", Back: "/statutory/{code}", do: (*Server).defineReport},
	{Method: "POST", Path: "/statutory/{code}/run", May: access.ExportStatutory, Title: "web.report.title", Back: "/statutory/{code}", give: (*Server).giveReport},
	{Method: "GET", Path: "/worklists", May: access.WorklistUse, Title: "web.worklists.title", Group: "work", Page: "worklists", Own: true, read: (*Server).readWorklists},
	{Method: "POST", Path: "/worklists", May: access.WorklistUse, Title: "web.worklists.title", Back: "/worklists", do: (*Server).makeWorklist},
	{Method: "GET", Path: "/worklists/{id}", May: access.WorklistUse, Title: "web.worklist.title", Page: "worklist", Own: true, read: (*Server).readWorklist},
	{Method: "POST", Path: "/worklists/{id}/open", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", do: (*Server).openWorklist},
	{Method: "POST", Path: "/worklists/{id}/shares", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", do: (*Server).shareWorklist},
	{Method: "POST", Path: "/worklists/{id}/end", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", do: (*Server).endWorklist},
	{Method: "POST", Path: "/worklists/{id}/rows/{no}", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", do: (*Server).setWorklistRow},
	{Method: "POST", Path: "/worklists/{id}/calls", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", do: (*Server).beginRoll},
	{Method: "GET", Path: "/worklists/{id}/calls/{call}", May: access.WorklistUse, Title: "web.roll.title", Page: "roll", Own: true, read: (*Server).readRoll},
	{Method: "POST", Path: "/worklists/{id}/calls/{call}", May: access.WorklistUse, Title: "web.roll.title", Back: "/worklists/{id}/calls/{call}", do: (*Server).markRoll},
	{Method: "POST", Path: "/worklists/{id}/calls/{call}/end", May: access.WorklistUse, Title: "web.roll.title", Back: "/worklists/{id}/calls/{call}", do: (*Server).endRoll},
	{Method: "POST", Path: "/worklists/{id}/out", May: access.WorklistUse, Title: "web.worklist.title", Back: "/worklists/{id}", give: (*Server).giveWorklist},

	{Method: "GET", Path: "/beds", May: access.SiteRead, Title: "web.needs.title", Group: "beds", Page: "needs", Live: true, read: (*Server).readNeeds},
	{Method: "GET", Path: "/sites", May: access.SiteRead, Title: "web.sites.title", Group: "beds", Page: "sites", Live: true, read: (*Server).readSites},
	{Method: "GET", Path: "/sites/{id}", May: access.SiteRead, Title: "web.site.title", Page: "site", read: (*Server).readSite},
	{Method: "POST", Path: "/sites", May: access.SiteManage, Title: "web.sites.title", Back: "/sites", do: (*Server).openSite},
	{Method: "POST", Path: "/sites/{id}/arrivals", May: access.StayRecord, Title: "web.site.title", Back: "/sites/{id}", do: (*Server).recordArrival},
	{Method: "POST", Path: "/sites/{id}/wards", May: access.SiteManage, Title: "web.site.title", Back: "/sites/{id}", do: (*Server).openSite},
	{Method: "POST", Path: "/sites/{id}/stays/{stay}/discharge", May: access.StayRecord, Title: "web.site.title", Back: "/sites/{id}", do: (*Server).discharge},
	{Method: "GET", Path: "/transfers", May: access.TripRead, Title: "web.trips.title", Group: "beds", Page: "trips", read: (*Server).readTrips},
	{Method: "POST", Path: "/transfers/{id}/assign", May: access.TripPlan, Title: "web.trips.title", Back: "/transfers", do: (*Server).assignVehicle},
	{Method: "POST", Path: "/transfers/{id}/pick-up", May: access.TripDrive, Title: "web.trips.title", Back: "/transfers", do: (*Server).pickUp},
	{Method: "POST", Path: "/transfers/{id}/end", May: access.TripDrive, Title: "web.trips.title", Back: "/transfers", do: (*Server).endTrip},
	{Method: "POST", Path: "/vehicles", May: access.TripPlan, Title: "web.trips.title", Back: "/transfers", do: (*Server).addVehicle},

	{Method: "GET", Path: "/tasks", May: access.TaskRead, Title: "web.tasks.title", Group: "work", Page: "tasks", read: (*Server).readTasks},
	{Method: "POST", Path: "/tasks/{id}/take", May: access.TaskWork, Title: "web.tasks.title", Back: "/tasks", do: (*Server).takeTask},
	{Method: "POST", Path: "/tasks/{id}/end", May: access.TaskWork, Title: "web.tasks.title", Back: "/tasks", do: (*Server).endTask},

	{Method: "GET", Path: "/journal", May: access.JournalRead, Title: "web.journal.title", Group: "record", Page: "journal", Live: true, read: (*Server).readJournal},
	{Method: "GET", Path: "/files", May: access.AreaRead, Title: "web.files.title", Group: "record", Page: "files", shown: filesFor, read: (*Server).readFiles},
	{Method: "POST", Path: "/files/areas", May: access.AreaManage, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Areas)},
	{Method: "POST", Path: "/files/roster", May: access.RosterLoad, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Roster)},
	{Method: "POST", Path: "/files/tubes", May: access.TubeClose, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Tubes)},
	{Method: "POST", Path: "/files/results", May: access.LabReport, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Results)},
	{Method: "POST", Path: "/files/places", May: access.PlaceManage, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Places)},
	{Method: "POST", Path: "/files/visits", May: access.VisitRecord, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Visits)},
	{Method: "POST", Path: "/files/stock", May: access.SupplyRecord, Title: "web.files.title", Back: "/files", file: true, do: takeIn(exchange.Stock)},
	{Method: "GET", Path: "/files/linelist", May: access.CaseLoad, Title: "lists.title.linelist", Page: "list_new", read: readNewList(exchange.LineList)},
	{Method: "POST", Path: "/files/linelist", May: access.CaseLoad, Title: "lists.title.linelist", Back: "/files/linelist", file: true, do: sendList(exchange.LineList)},
	{Method: "GET", Path: "/files/contacts", May: access.ContactLoad, Title: "lists.title.contacts", Page: "list_new", read: readNewList(exchange.Contacts)},
	{Method: "POST", Path: "/files/contacts", May: access.ContactLoad, Title: "lists.title.contacts", Back: "/files/contacts", file: true, do: sendList(exchange.Contacts)},
	{Method: "GET", Path: "/files/lists/{id}", May: access.ContactLoad, Title: "lists.title.list", Page: "list", Own: true, read: (*Server).readList},
	{Method: "POST", Path: "/files/lists/{id}", May: access.ContactLoad, Title: "lists.title.list", Back: "/files/lists/{id}", do: (*Server).mapList},
	{Method: "POST", Path: "/files/lists/{id}/look", May: access.ContactLoad, Title: "lists.title.list", Back: "/files/lists/{id}", do: (*Server).lookAgain},
	{Method: "POST", Path: "/files/lists/{id}/stop", May: access.ContactLoad, Title: "lists.title.list", Back: "/files/lists/{id}", do: (*Server).stopList},
	{Method: "POST", Path: "/files/lists/{id}/drop", May: access.ContactLoad, Title: "lists.title.list", Back: "/files/lists/{id}", do: (*Server).dropList},
	{Method: "GET", Path: "/files/lists/{id}/rejected", May: access.ContactLoad, Title: "lists.title.list", give: (*Server).giveBack},
	{Method: "GET", Path: "/files/lists/{id}/map", May: access.ContactLoad, Title: "lists.title.list", give: (*Server).giveMap},
	{Method: "GET", Path: "/files/rejected/{id}", May: access.AreaRead, Title: "web.files.title", give: (*Server).giveRejected},
	{Method: "POST", Path: "/files/out/tubes", May: access.ExportRows, Title: "web.files.title", Back: "/files", give: (*Server).giveTubes},
	{Method: "POST", Path: "/files/out/stock", May: access.ExportRows, Title: "web.files.title", Back: "/files", give: (*Server).giveStock},
	{Method: "POST", Path: "/files/out/journal", May: access.JournalRead, Title: "web.files.title", Back: "/files", give: (*Server).giveJournal},
	{Method: "GET", Path: "/parked", May: access.EventRetry, Title: "web.parked.title", Group: "record", Page: "parked", read: (*Server).readParked},
	{Method: "POST", Path: "/parked/{consumer}/{seq}/retry", May: access.EventRetry, Title: "web.parked.title", Back: "/parked", do: (*Server).retryParked},
	{Method: "POST", Path: "/parked/{consumer}/{seq}/dismiss", May: access.EventRetry, Title: "web.parked.title", Back: "/parked", do: (*Server).dismissParked},
	{Method: "GET", Path: "/users", May: access.UserManage, Title: "web.users.title", Group: "record", Page: "users", read: (*Server).readUsers},
	{Method: "POST", Path: "/users", May: access.UserManage, Title: "web.users.title", Back: "/users", do: (*Server).addUser},
	{Method: "GET", Path: "/users/{id}", May: access.UserManage, Title: "web.user.title", Page: "user", read: (*Server).readUser},
	{Method: "POST", Path: "/users/{id}/grants", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).grant},
	{Method: "POST", Path: "/users/{id}/grants/{grant}/revoke", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).revoke},
	{Method: "POST", Path: "/users/{id}/password", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).resetPassword},
	{Method: "POST", Path: "/users/{id}/factor/resets", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).askReset},
	{Method: "POST", Path: "/users/{id}/factor/resets/{reset}/confirm", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).confirmReset},
	{Method: "POST", Path: "/users/{id}/links", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).linkUser},
	{Method: "POST", Path: "/users/{id}/links/end", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).unlinkUser},
	{Method: "POST", Path: "/users/{id}/disable", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).disable},

	{Method: "GET", Path: "/account", Title: "web.account.title", Page: "account", read: (*Server).readAccount},
	{Method: "POST", Path: "/account/password", Title: "web.account.title", Back: "/account", do: (*Server).ownPassword},
	{Method: "GET", Path: "/account/factor", Step: access.StepEnrol, Title: "web.enrol.title", Page: "enrol", read: (*Server).readEnrol},
	{Method: "POST", Path: "/account/factor", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).confirmFactor},
	{Method: "GET", Path: "/account/factor/picture", Step: access.StepEnrol, Title: "web.enrol.title", give: (*Server).giveQR},
	{Method: "POST", Path: "/account/factor/begin", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).beginFactor},
	{Method: "POST", Path: "/account/factor/remove", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).removeTelephone},
	{Method: "POST", Path: "/account/factor/challenge", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", give: (*Server).askPasskey},
	{Method: "POST", Path: "/account/factor/passkeys/begin", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).beginPasskey},
	{Method: "POST", Path: "/account/factor/passkeys", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).confirmPasskey},
	{Method: "POST", Path: "/account/factor/passkeys/{id}/remove", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).removePasskey},
	{Method: "POST", Path: "/account/factor/codes", Step: access.StepEnrol, Title: "web.enrol.title", Back: "/account/factor", do: (*Server).renewCodes},
	{Method: "POST", Path: "/account/language", Title: "web.account.title", Back: "/account", do: (*Server).ownLanguage},
	{Method: "POST", Path: "/account/tokens", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).makeToken},
	{Method: "POST", Path: "/account/tokens/{id}/revoke", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).revokeToken},
	{Method: "POST", Path: "/account/sessions/{id}/end", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).endSession},
	{Method: "GET", Path: "/about", Title: "web.about.title", Page: "about", read: (*Server).readAbout},
}

// match finds the route of a path and gives the values its pattern names. The mux does the same for requests; a live
// stream names its page by its address and needs it here.
func match(method, path string) (Route, func(string) string, bool) {
	for _, r := range Routes {
		if r.Method != method {
			continue
		}
		if values, ok := fits(r.Path, path); ok {
			return r, func(name string) string { return values[name] }, true
		}
	}
	return Route{}, nil, false
}

func fits(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := map[string]string{}
	for i, w := range want {
		if name, is := strings.CutPrefix(w, "{"); is && have[i] != "" {
			values[strings.TrimSuffix(name, "}")] = have[i]
		} else if w != have[i] {
			return nil, false
		}
	}
	return values, true
}

// fill puts values into a pattern's names.
func fill(pattern string, value func(string) string) string {
	parts := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/")
	for i, p := range parts {
		if name, is := strings.CutPrefix(p, "{"); is {
			parts[i] = value(strings.TrimSuffix(name, "}"))
		}
	}
	return strings.Join(parts, "/")
}

// navGroup is one group of links in the rail.
type navGroup struct {
	Title string
	Links []navLink
}

type navLink struct {
	Path  string
	Title string
	Here  bool
}

// navGroups is the order of the groups.
var navGroups = []string{"overview", "screening", "cases", "beds", "work", "record"}

// navigation lists the pages a reader may open; here is the page he is on, or the one above it.
func navigation(by outbreak.Actor, here string) []navGroup {
	if strings.HasPrefix(here, "/duplicates/") {
		here = "/people/duplicates"
	}
	above := "" // the page itself, or the nearest above it
	for _, r := range Routes {
		path := strings.TrimSuffix(r.Path, "{$}")
		if r.Group != "" && len(path) > len(above) && (path == here || path != "/" && strings.HasPrefix(here, path+"/")) {
			above = path
		}
	}
	var groups []navGroup
	for _, name := range navGroups {
		g := navGroup{Title: "web.nav.group." + name}
		for _, r := range Routes {
			if r.Group != name || !access.Anywhere(by, r.May) || r.shown != nil && !r.shown(by) {
				continue
			}
			path := strings.TrimSuffix(r.Path, "{$}")
			g.Links = append(g.Links, navLink{Path: path, Title: r.Title, Here: path == above})
		}
		if len(g.Links) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}
