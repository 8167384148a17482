package screening

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// write stores the rows as one run of the sequence.
func (w *handing) write() error {
	if len(w.rows) == 0 {
		return nil
	}
	// a commit's rows of one round are one run, so that one record tells of them
	slices.SortStableFunc(w.rows, func(a, b *handedRow) int { return cmp.Compare(a.Round, b.Round) })
	last, err := store.Count(w.tx, lastQuery)
	if err != nil {
		return err
	}
	if err := w.s.journal.Begin(w.tx); err != nil {
		return err
	}
	rows := make([][]any, len(w.rows))
	var amended [][]any
	for i, r := range w.rows {
		last++
		r.seq = last
		var members any
		if blob := pack(r.Members); blob != nil {
			members = blob
		}
		rows[i] = []any{last, int64(r.AreaID), string(r.Code), int64(r.Round), r.op.Op, int64(r.Booth), r.op.Kind, int64(r.Taken), int64(w.tx.Now), int64(formDelta), members}
		if r.op.Kind&^opPaper == opAmend {
			amended = append(amended, []any{r.AreaID, r.Code, r.Round, r.op.Op, r.op.Amends, r.op.Reason, r.op.By})
		}
	}
	if err := w.tx.Add("tube", []string{"seq", "area_id", "tube", "round", "op_id", "booth", "kind", "taken", "recorded_at", "form", "members"}, rows); err != nil {
		return err
	}
	if err := w.tx.Add("tube_amended", []string{"area_id", "tube", "round", "op_id", "replaces", "reason", "by_whom"}, amended); err != nil {
		return err
	}
	if err := w.noteEarly(); err != nil {
		return err
	}
	return w.tx.Must("insert into tube_last (id, seq) values (1, $1) on conflict (id) do update set seq = excluded.seq", last)
}

// noteEarly notes where the tubes of rounds begin that are not open yet.
func (w *handing) noteEarly() error {
	for id, round := range w.rounds {
		if round.State != Planned {
			continue
		}
		i := slices.IndexFunc(w.rows, func(r *handedRow) bool { return r.Round == id })
		if i < 0 {
			continue
		}
		if _, err := w.tx.Exec("update round set early_seq = $1 where id = $2 and early_seq = 0", w.rows[i].seq, id); err != nil {
			return err
		}
	}
	return nil
}

// announce appends one record per round, and gives the last one's place in the journal.
func (w *handing) announce() (int64, error) {
	var events []outbreak.Event
	for len(w.rows) > 0 {
		n := 1
		for n < len(w.rows) && w.rows[n].Round == w.rows[0].Round {
			n++
		}
		events = append(events, w.event(w.rows[:n]))
		run := make([]tubeRow, n)
		for i, r := range w.rows[:n] {
			run[i] = tubeRow{Tube: r.Tube, seq: r.seq, op: r.op.Op, kind: r.op.Kind, recordedAt: w.tx.Now}
		}
		w.runs = append(w.runs, run)
		w.rows = w.rows[n:]
	}
	return w.s.journal.Append(w.tx, w.by, events...)
}

func (w *handing) event(rows []*handedRow) outbreak.TubesHandedIn {
	e := outbreak.TubesHandedIn{Scope: w.rounds[rows[0].Round].Scope(), Round: rows[0].Round, First: rows[0].seq, Last: rows[len(rows)-1].seq}
	type slot struct{ area, hour int64 }
	counts := map[slot]*outbreak.HandedCount{}
	digest := sha256.New()
	var b []byte
	for _, r := range rows {
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(r.AreaID))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.op.Op))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.Taken))
		b = append(b, r.Code...)
		b = append(b, 0)
		digest.Write(append(b, pack(r.Members)...))
		at := slot{int64(r.AreaID), int64(r.Taken) / time.Hour.Milliseconds()}
		if at.area == 0 {
			at.area = int64(w.booths[r.Booth].AreaID)
		}
		c := counts[at]
		if c == nil {
			c = &outbreak.HandedCount{at.area, at.hour}
			counts[at] = c
		}
		if r.again {
			e.Again = append(e.Again, r.Code)
		} else {
			c[2]++
			e.Tubes++
		}
		c[3] += int64(len(r.Members))
		e.Members += len(r.Members)
	}
	for _, c := range counts {
		e.Counts = append(e.Counts, *c)
	}
	slices.SortFunc(e.Counts, func(a, b outbreak.HandedCount) int { return slices.Compare(a[:], b[:]) })
	e.Digest = hex.EncodeToString(digest.Sum(nil)[:16])
	return e
}

// numbers lists the members of a tube for an anomaly's content.
func numbers(members []Member) string {
	nos := make([]int64, 0, len(members))
	for _, m := range members {
		nos = append(nos, m.No)
	}
	return fmt.Sprint(nos)
}
