package drill

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"breakwater/internal/outbreak"
)

// fact is one operation that a house acknowledged.
type fact struct {
	kind   string // closed, spoiled, received, resulted
	tube   outbreak.TubeCode
	round  outbreak.RoundID
	people []int64 // of a closed tube
	result outbreak.Result
}

// ackedFile keeps the acknowledged operations: one line each, on disk before it counts. Many clients share one sync.
type ackedFile struct {
	file    *os.File
	mu      sync.Mutex
	lines   []byte
	waiting []chan error
	wake    chan struct{}
	done    chan struct{}
}

func openAcked(name string) (*ackedFile, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("opening the file of the acknowledged: %w", err)
	}
	if _, err := f.WriteString("kind,tube,round,roll_nos,result\n"); err != nil {
		return nil, fmt.Errorf("writing the file of the acknowledged: %w", err)
	}
	a := &ackedFile{file: f, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go a.keep()
	return a, nil
}

// add returns when the lines are on disk.
func (a *ackedFile) add(facts ...fact) error {
	var b []byte
	for _, f := range facts {
		b = append(b, f.kind+","+string(f.tube)+","+f.round.String()+","...)
		for i, no := range f.people {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendInt(b, no, 10)
		}
		b = append(b, ","+string(f.result)+"\n"...)
	}
	synced := make(chan error, 1)
	a.mu.Lock()
	a.lines, a.waiting = append(a.lines, b...), append(a.waiting, synced)
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
	return <-synced
}

func (a *ackedFile) keep() {
	defer close(a.done)
	for range a.wake {
		a.mu.Lock()
		lines, waiting := a.lines, a.waiting
		a.lines, a.waiting = nil, nil
		a.mu.Unlock()
		_, err := a.file.Write(lines)
		if err == nil {
			err = a.file.Sync()
		}
		for _, w := range waiting {
			w <- err
		}
	}
}

// close ends the file once nobody adds any more.
func (a *ackedFile) close() error {
	close(a.wake)
	<-a.done
	return a.file.Close()
}

// readAcked reads the file back, as anybody could.
func readAcked(name string) ([]fact, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the file of the acknowledged: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the file of the acknowledged: %w", err)
	}
	facts := make([]fact, 0, len(rows))
	for _, row := range rows[1:] {
		x := fact{kind: row[0], tube: outbreak.TubeCode(row[1]), result: outbreak.Result(row[4])}
		if x.round, err = outbreak.ParseID[outbreak.RoundID](row[2]); err != nil {
			return nil, fmt.Errorf("reading round %q: %w", row[2], err)
		}
		for _, no := range strings.Fields(row[3]) {
			n, err := strconv.ParseInt(no, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("reading roll number %q: %w", no, err)
			}
			x.people = append(x.people, n)
		}
		facts = append(facts, x)
	}
	return facts, nil
}
