package outbreak

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"sync"
)

// ID is a number given by the program, unique in one installation and ordered by time of birth.
// Its text form is fourteen characters of Crockford's base 32, the last a check character, so that it can be read aloud,
// scanned and typed without 0/O and 1/I/L being mixed up. The zero ID means "none" and is written as an empty text.
type ID[K any] int64

type (
	outbreakKind  struct{}
	userKind      struct{}
	personKind    struct{}
	householdKind struct{}
	placeKind     struct{}
	roundKind     struct{}
	boothKind     struct{}
	labKind       struct{}
	batchKind     struct{}
	caseKind      struct{}
	taskKind      struct{}
	siteKind      struct{}
	wardKind      struct{}
	bedKind       struct{}
	needKind      struct{}
	stayKind      struct{}
	tripKind      struct{}
	vehicleKind   struct{}
	anomalyKind   struct{}
	kitKind       struct{}
	toolKind      struct{}
	runKind       struct{}
	crateKind     struct{}
	alarmKind     struct{}
	searchKind    struct{}
	storeKind     struct{}
	moveKind      struct{}
	viewKind      struct{}
	linkKind      struct{}
)

// The identifiers that rooms hand to each other.
type (
	OutbreakID  = ID[outbreakKind]  // one declared outbreak of one disease
	UserID      = ID[userKind]      // somebody who signs in
	PersonID    = ID[personKind]    // somebody the response is about
	HouseholdID = ID[householdKind] // people behind one door
	PlaceID     = ID[placeKind]     // a building, shop, school, vehicle line
	RoundID     = ID[roundKind]     // one testing round (轮次)
	BoothID     = ID[boothKind]     // one sampling point (采样点)
	LabID       = ID[labKind]       // one testing laboratory
	BatchID     = ID[batchKind]     // rows that came in one message or file
	CaseID      = ID[caseKind]
	TaskID      = ID[taskKind]
	SiteID      = ID[siteKind] // hospital, makeshift hospital, isolation site
	WardID      = ID[wardKind]
	BedID       = ID[bedKind]  // a bed or a single room
	NeedID      = ID[needKind] // somebody's need of a bed
	StayID      = ID[stayKind] // a bed reserved, occupied or left
	TripID      = ID[tripKind]
	VehicleID   = ID[vehicleKind]
	AnomalyID   = ID[anomalyKind]
	KitID       = ID[kitKind]    // a test kit of a laboratory, with its thresholds
	ToolID      = ID[toolKind]   // an instrument of a laboratory
	RunID       = ID[runKind]    // one plate through one instrument
	CrateID     = ID[crateKind]  // a transport box with tubes (转运箱)
	AlarmID     = ID[alarmKind]  // something at a laboratory that cannot be as it is said
	ViewID      = ID[viewKind]   // a view of the line list that somebody keeps
	SearchID    = ID[searchKind] // what somebody has to find out about a positive pool
	StoreID     = ID[storeKind]  // where supplies lie: at a sampling point, at a laboratory, in the depot of an area
	MoveID      = ID[moveKind]   // supplies that came in, left or were counted
	LinkID      = ID[linkKind]   // who exposed whom
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const checkAlphabet = crockford + "*~$=U" // the 37 check symbols; = and U never lead a value in a URL path

const idDigits = 13

// String gives the text form of the ID; empty for none.
func (id ID[K]) String() string {
	if id == 0 {
		return ""
	}
	var b [idDigits + 1]byte
	n := uint64(id)
	for i := idDigits - 1; i >= 0; i-- {
		b[i] = crockford[n&31]
		n >>= 5
	}
	b[idDigits] = checkAlphabet[uint64(id)%37]
	return string(b[:])
}

// MarshalText makes JSON, URLs and files carry the text form.
func (id ID[K]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the text form: any case, hyphens ignored, O as 0, I and L as 1. A wrong check character is refused.
func (id *ID[K]) UnmarshalText(text []byte) error {
	n, err := parseID(string(text))
	if err != nil {
		return err
	}
	*id = ID[K](n)
	return nil
}

// ParseID reads one text form of an ID of any kind.
func ParseID[I ID[K], K any](text string) (I, error) {
	n, err := parseID(text)
	return I(n), err
}

func parseID(text string) (int64, error) {
	s := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if s == "" {
		return 0, nil
	}
	wrong := Refuse(Invalid, "kernel.id_wrong")
	if len(s) != idDigits+1 {
		return 0, wrong
	}
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s[:idDigits]) + s[idDigits:]
	var n uint64
	for i := range idDigits {
		d := strings.IndexByte(crockford, s[i])
		if d < 0 || i == 0 && d > 7 { // the first of thirteen digits holds the last three of 63 bits
			return 0, wrong
		}
		n = n<<5 | uint64(d)
	}
	if checkAlphabet[n%37] != s[idDigits] {
		return 0, wrong
	}
	return int64(n), nil
}

// IDs gives identifiers: 41 bits of wall-clock milliseconds, 8 bits of the process, 13 bits of counter.
// One process gives at most 8,192 per millisecond and then borrows from the next; two processes on one database differ in
// their 8 bits, which are drawn until Number gives them.
type IDs struct {
	clock Clock
	node  uint64
	mu    sync.Mutex
	last  uint64
}

const idEpoch = 1577836800000 // 2020-01-01T00:00:00Z in milliseconds

// NewIDs makes a source of identifiers over the wall clock.
func NewIDs(wall Clock) *IDs {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return &IDs{clock: wall, node: binary.LittleEndian.Uint64(b[:]) & 0xff}
}

// Number tells the source which of the processes on one database it serves, so that two of them never give the same
// identifier: of 256 that began one after the other no two are alike.
func (s *IDs) Number(process int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node = uint64(process) & 0xff
}

func (s *IDs) next() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	tick := uint64(max(int64(s.clock.Now())-idEpoch, 1)) << 13
	if tick <= s.last {
		tick = s.last + 1
	}
	s.last = tick
	return int64(tick>>13<<21 | s.node<<13 | tick&0x1fff)
}

// New gives a fresh identifier of the kind asked for.
func New[I ~int64](s *IDs) I { return I(s.next()) }
