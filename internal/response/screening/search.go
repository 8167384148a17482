package screening

import (
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Search is what somebody has to find out about a positive pool of which every member has an own negative. It stays open until a
// person concludes it.
type Search struct {
	ID       outbreak.SearchID   `json:"id"`
	AreaID   outbreak.AreaID     `json:"-"`
	Tube     outbreak.TubeCode   `json:"tube"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	OpenedAt outbreak.Instant    `json:"opened_at"`
	Due      outbreak.Instant    `json:"due"`
	EndedAt  outbreak.Instant    `json:"ended_at"`
	How      string              `json:"how"` // concluded, reopened, revised; empty while it is open
	Finding  string              `json:"finding"`
	Words    string              `json:"words"` // of the conclusion
	EndedBy  string              `json:"ended_by"`
}

// Scope is where the pool belongs.
func (x Search) Scope() outbreak.Scope { return outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak} }

// Mark is where a list stands after this search.
func (x Search) Mark() Mark { return Mark{At: x.OpenedAt, Tube: x.Tube} }

// SearchStep is one thing that was looked at.
type SearchStep struct {
	Step    string           `json:"step"`
	Outcome string           `json:"outcome"`
	Note    string           `json:"note"`
	At      outbreak.Instant `json:"at"`
	By      string           `json:"by"`
}

// SearchSteps are the things to look at, in their order, each with the outcomes it may have. Whoever cannot do one says so: the
// fluid is gone, the booth has left.
var SearchSteps = []struct {
	Step     string
	Outcomes []string
}{
	{"retained_fluid", []string{"positive", "negative", "indeterminate", notPossible}}, // what is left in the tube, tested again
	{"neighbours", []string{"found", "nothing", notPossible}},                          // tubes before and after it at the same device
	{"double_scans", []string{"found", "nothing", notPossible}},                        // the tube, or people of it, scanned twice
	{"swab_count", []string{"more", "equal", "fewer", notPossible}},                    // swabs in the tube against members
}

const notPossible = "not_possible"

// Findings are what a search may conclude.
var Findings = []string{"swap", "contamination", "missing_member", "late_infection", "not_reproduced", "unexplained"}

// How searches end.
const (
	Concluded = "concluded"
	reopened  = "reopened"
	revised   = "revised"
)

// mostWords is how long a note or a conclusion may be.
const mostWords = 2000

// stepped checks a step before it is kept.
func stepped(step, outcome, note string) (string, error) {
	i := slices.IndexFunc(SearchSteps, func(s struct {
		Step     string
		Outcomes []string
	}) bool {
		return s.Step == step
	})
	if i < 0 || !slices.Contains(SearchSteps[i].Outcomes, outcome) {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.search_step")
	}
	return tidyWords(note)
}

func tidyWords(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > mostWords {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.search_long", "most", mostWords)
	}
	return text, nil
}

// conclude decides whether a search may be concluded: everything was looked at, or it was said why not, and there are words.
func (x Search) conclude(steps []SearchStep, finding, words string, now outbreak.Instant) (Search, error) {
	if x.EndedAt != 0 {
		return x, outbreak.Refuse(outbreak.Conflict, "screening.search_over")
	}
	if !slices.Contains(Findings, finding) {
		return x, outbreak.Refuse(outbreak.Invalid, "screening.search_finding")
	}
	words, err := tidyWords(words)
	if err != nil {
		return x, err
	}
	if words == "" {
		return x, outbreak.Refuse(outbreak.Invalid, "screening.search_words")
	}
	if open := openSteps(steps); len(open) > 0 {
		return x, outbreak.Refuse(outbreak.Conflict, "screening.search_steps", "n", len(open))
	}
	x.EndedAt, x.How, x.Finding, x.Words = now, Concluded, finding, words
	return x, nil
}

// openSteps lists the steps that nobody has taken.
func openSteps(steps []SearchStep) (open []string) {
	for _, s := range SearchSteps {
		if !slices.ContainsFunc(steps, func(x SearchStep) bool { return x.Step == s.Step }) {
			open = append(open, s.Step)
		}
	}
	return open
}

const searchColumns = "id, area_id, tube, round, outbreak, area, opened_at, due, ended_at, how, finding, words, ended_by"

func scanSearch(r store.Row) (x Search, err error) {
	err = r.Scan(&x.ID, &x.AreaID, &x.Tube, &x.Round, &x.Outbreak, &x.Area, &x.OpenedAt, &x.Due, &x.EndedAt, &x.How, &x.Finding, &x.Words, &x.EndedBy)
	return x, err
}

func searchByID(tx *store.Tx, id outbreak.SearchID) (Search, error) {
	x, ok, err := store.One(tx, scanSearch, "select "+searchColumns+" from pool_search where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "screening.no_search")
	}
	return x, err
}

// openSearchOf gives the search of a pool that is open.
func openSearchOf(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (Search, bool, error) {
	return store.One(tx, scanSearch, "select "+searchColumns+" from pool_search where area_id = $1 and tube = $2 and ended_at = 0", area, tube)
}

func insertSearch(tx *store.Tx, x Search) error {
	return tx.Must("insert into pool_search ("+searchColumns+", retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', '', '', '', $9, $10)",
		x.ID, x.AreaID, x.Tube, x.Round, x.Outbreak, x.Area, x.OpenedAt, x.Due, outbreak.RetainScreening, tx.Now)
}

func saveSearch(tx *store.Tx, x Search) error {
	return tx.Must("update pool_search set ended_at = $1, how = $2, finding = $3, words = $4, ended_by = $5 where id = $6", x.EndedAt, x.How, x.Finding, x.Words, x.EndedBy, x.ID)
}

func stepsOf(tx *store.Tx, id outbreak.SearchID) ([]SearchStep, error) {
	return store.List(tx, func(r store.Row) (s SearchStep, err error) {
		err = r.Scan(&s.Step, &s.Outcome, &s.Note, &s.At, &s.By)
		return s, err
	}, "select step, outcome, note, at, by_whom from pool_search_step where search = $1 order by id", id)
}
