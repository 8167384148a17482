package drill

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// verdict takes the stored tubes out of the house, as a file, and compares it with that of the acknowledged.
func (d *day) verdict(ctx context.Context, f files, report *RoundReport) error {
	if err := d.takeOut(ctx, f.stored); err != nil {
		return fmt.Errorf("taking the stored tubes out: %w", err)
	}
	c, err := CompareRound(f.acked, f.stored)
	if err != nil {
		return err
	}
	report.Tubes, report.Stored, report.Lost, report.Duplicated = c.Tubes, c.Stored, c.Lost, c.Duplicated
	report.Ghosts = c.Ghosts
	if d.house != nil {
		v, err := d.verify(ctx)
		if err != nil {
			return err
		}
		report.JournalOK = len(v.Findings) == 0
	}
	return nil
}

// takeOut writes the export of the round into a file.
func (d *day) takeOut(ctx context.Context, name string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.client.Base+"/api/v1/export/tubes?round="+d.town.round.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.Token)
	res, err := (&http.Client{Timeout: time.Hour}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("%d: %s", res.StatusCode, text)
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, res.Body)
	return errors.Join(err, out.Close())
}

// Comparison is what two files say of each other.
type Comparison struct {
	Tubes      int // acknowledged
	Stored     int // registrations in the stored file
	Lost       int // registrations acknowledged and not stored
	Duplicated int // registrations stored more than once
	Ghosts     int // registrations stored and never acknowledged, in tubes that were
}

// CompareRound compares the file of the acknowledged with an export of tubes. A tube that is stored and not in the first file may
// have been on its way when something was killed: it is there once, and no ghost.
func CompareRound(acked, stored string) (c Comparison, err error) {
	said, err := readTubes(acked, "tube", "roll_nos")
	if err != nil {
		return c, err
	}
	held, err := readTubes(stored, "tube", "roll_no")
	if err != nil {
		return c, err
	}
	c.Tubes = len(said)
	for tube, nos := range held {
		c.Stored += len(nos)
		slices.Sort(nos)
		once := slices.Compact(slices.Clone(nos))
		c.Duplicated += len(nos) - len(once)
		want, was := said[tube]
		if !was {
			continue
		}
		slices.Sort(want)
		for _, no := range once {
			if _, is := slices.BinarySearch(want, no); !is {
				c.Ghosts++
			}
		}
	}
	for tube, want := range said {
		nos := held[tube]
		for _, no := range want {
			if _, is := slices.BinarySearch(nos, no); !is {
				c.Lost++
			}
		}
	}
	return c, nil
}

// readTubes reads which numbers a file has in each tube: all in one field, or one in each row.
func readTubes(name, tubeColumn, noColumn string) (map[outbreak.TubeCode][]uint32, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord, r.FieldsPerRecord, r.Comment = true, -1, '#'
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	tube, no := slices.Index(header, tubeColumn), slices.Index(header, noColumn)
	if tube < 0 || no < 0 {
		return nil, fmt.Errorf("%s has no columns %s and %s", name, tubeColumn, noColumn)
	}
	all := map[outbreak.TubeCode][]uint32{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if len(row) <= max(tube, no) {
			continue
		}
		code := outbreak.TubeCode(strings.Clone(row[tube]))
		for _, text := range strings.Fields(row[no]) {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			all[code] = append(all[code], uint32(n))
		}
	}
}
