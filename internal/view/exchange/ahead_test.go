package exchange

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBatchesAreWrittenInOrderUntilOneFails reads ahead of a room that is slow and then fails: what was written is a beginning of
// the file, and the report says so.
func TestBatchesAreWrittenInOrderUntilOneFails(t *testing.T) {
	s, err := begin(Roster, strings.NewReader("area\n"+strings.Repeat("22\n23\n24\n25\n26\n27\n28\n29\n30\n31\n", 5)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.seen = newFingerprints(0) // rows without a document are told apart by nothing here
	s.most = 10
	full := errors.New("the disk is full")
	var mu sync.Mutex
	var written []int
	s.ahead = func(rows []*row, turn func() error) (tally, error) {
		time.Sleep(time.Duration(20-rows[0].line/10) * time.Millisecond) // later ones are ready sooner
		if err := turn(); err != nil {
			return tally{}, err
		}
		mu.Lock()
		defer mu.Unlock()
		if rows[0].line > 30 {
			return tally{}, full
		}
		s.mostWritten(t, rows)
		written = append(written, rows[0].line)
		return tally{accepted: len(rows)}, nil
	}
	report, err := s.run()
	if !errors.Is(err, full) || report.Received != 30 || report.Accepted != 30 || !slices.Equal(written, []int{2, 12, 22}) {
		t.Errorf("%+v %v, written %v", report, err, written)
	}
}

// mostWritten holds that rows of a batch are of the batch alone.
func (s *scan) mostWritten(t *testing.T, rows []*row) {
	t.Helper()
	for i, r := range rows {
		if r.line != rows[0].line+i || r.cells[fieldArea] == "" {
			t.Errorf("row %d of a batch is line %d", i, r.line)
		}
	}
}
