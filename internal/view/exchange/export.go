package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// Exported is the control total of rows that went out: whoever receives them can count again.
type Exported struct {
	What   string `json:"what"`
	Rows   int    `json:"rows"`
	Things int    `json:"things"` // tubes, entries
	Digest string `json:"digest"` // SHA-256 of all bytes written
	Seq    int64  `json:"seq"`    // journal entry that says who took them out
}

// page is how many rows are read at a time; between pages nothing is held.
const page = 1000

// sheet writes CSV whose cells no spreadsheet takes for a formula.
type sheet struct {
	w    *csv.Writer
	sum  *summing
	done Exported
}

// summing keeps the digest of what passes.
type summing struct {
	to   io.Writer
	hash hash.Hash
}

func (s *summing) Write(b []byte) (int, error) {
	_, _ = s.hash.Write(b)
	return s.to.Write(b)
}

func newSheet(w io.Writer, what string, header ...string) (*sheet, error) {
	sum := &summing{to: w, hash: sha256.New()}
	s := &sheet{w: csv.NewWriter(sum), sum: sum, done: Exported{What: what}}
	return s, s.w.Write(header)
}

func (s *sheet) row(cells ...string) error {
	for i, c := range cells {
		cells[i] = safe(c)
	}
	s.done.Rows++
	if err := s.w.Write(cells); err != nil {
		return fmt.Errorf("writing row %d: %w", s.done.Rows, err)
	}
	return nil
}

// end writes what is left and notes in the journal who took how much.
func (s *Service) end(ctx context.Context, by outbreak.Actor, out *sheet, where outbreak.Scope) (Exported, error) {
	if out.w.Flush(); out.w.Error() != nil {
		return out.done, fmt.Errorf("writing the last rows: %w", out.w.Error())
	}
	out.done.Digest = hex.EncodeToString(out.sum.hash.Sum(nil))
	err := s.rooms.DB.Write(ctx, func(tx *store.Tx) (err error) {
		out.done.Seq, err = s.rooms.Journal.Append(tx, by, outbreak.ExportMade{Scope: where, What: out.done.What, Rows: out.done.Rows, Purpose: by.Purpose})
		return err
	})
	return out.done, err
}

// ExportTubes writes the tubes of a round (0: of every round the actor sees), one row for each member, as Import takes them
// in again; a round that is not there, or not for the actor to take out, is refused before anything is written. An empty tube is a row without a member; a member nobody knows has the number 0.
func (s *Service) ExportTubes(ctx context.Context, by outbreak.Actor, round outbreak.RoundID, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	rounds, err := s.rooms.Screening.ListRounds(ctx, by)
	if err != nil {
		return Exported{}, err
	}
	var where outbreak.Scope
	if round != 0 {
		at := slices.IndexFunc(rounds, func(r screening.Round) bool { return r.ID == round })
		if at < 0 {
			return Exported{}, outbreak.Refuse(outbreak.NotFound, "exchange.no_round_here")
		}
		rounds, where = rounds[at:at+1], rounds[at].Scope()
		if err := access.Require(by, access.ExportRows, outbreak.Scope{Area: rounds[0].Area, Outbreak: rounds[0].Outbreak}); err != nil {
			return Exported{}, err
		}
	}
	out, err := newSheet(w, string(Tubes), "round", "tube", "booth", "taken", "roll_no", "area", "spoiled")
	if err != nil {
		return Exported{}, err
	}
	for _, r := range rounds {
		if access.Require(by, access.ExportRows, outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak}) != nil {
			continue
		}
		if err := s.tubesOf(ctx, by, r.ID, out); err != nil {
			return out.done, err
		}
	}
	return s.end(ctx, by, out, where)
}

// tubesOf writes one round page by page.
func (s *Service) tubesOf(ctx context.Context, by outbreak.Actor, round outbreak.RoundID, out *sheet) error {
	for after := int64(0); ; {
		tubes, err := s.rooms.Screening.ListTubes(ctx, by, round, after, page)
		if err != nil || len(tubes) == 0 {
			return err
		}
		for _, t := range tubes {
			after = t.Seq
			out.done.Things++
			if len(t.Members) == 0 {
				if err := out.row(t.Round.String(), string(t.Code), t.Booth.String(), t.Taken.String(), "", t.Area.Code(), t.Spoiled); err != nil {
					return err
				}
			}
			last := 0
			for _, m := range t.Members {
				last = max(last, m.After)
			}
			for _, m := range t.Members {
				at := t.Taken.Add(time.Duration(m.After-last) * time.Second) // the last member's swab closed the tube
				if err := out.row(t.Round.String(), string(t.Code), t.Booth.String(), at.String(), strconv.FormatInt(m.No, 10), t.Area.Code(), t.Spoiled); err != nil {
					return err
				}
			}
		}
	}
}

// ExportJournal writes the entries after a sequence that the actor may read, oldest first, up to the head at the beginning.
func (s *Service) ExportJournal(ctx context.Context, by outbreak.Actor, after int64, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.JournalRead); err != nil {
		return Exported{}, err
	}
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	out, err := newSheet(w, "journal", "seq", "at", "kind", "outbreak", "area", "actor", "cause", "body")
	if err != nil {
		return Exported{}, err
	}
	var upto int64
	for first := true; first || after < upto; first = false {
		var entries []outbreak.Entry
		err := s.rooms.DB.Read(ctx, func(tx *store.Tx) (err error) {
			if upto == 0 {
				if upto, err = journal.Head(tx); err != nil {
					return err
				}
			}
			entries, err = journal.List(tx, after, upto, nil, page)
			return err
		})
		if err != nil {
			return out.done, err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			after = e.Seq
			if !access.Can(by, access.JournalRead, e.Scope) || !access.Can(by, access.ExportRows, e.Scope) {
				continue
			}
			out.done.Things++
			if err := out.row(strconv.FormatInt(e.Seq, 10), e.At.String(), e.Kind, e.Scope.Outbreak.String(), string(e.Scope.Area), e.Actor,
				strconv.FormatInt(e.Cause, 10), string(e.Body)); err != nil {
				return out.done, err
			}
		}
	}
	return s.end(ctx, by, out, outbreak.Scope{})
}
