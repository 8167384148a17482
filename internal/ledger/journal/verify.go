package journal

import (
	"bytes"
	"context"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Finding is one thing wrong with the chain.
type Finding struct {
	Seq  int64  `json:"seq"`
	What string `json:"what"` // changed, missing, reordered, tail_cut, head_wrong; see VerifyAgainst for more
	Goes int64  `json:"goes,omitempty"`
	Last int64  `json:"last,omitempty"` // of a signed head: the last record that stands as it was signed, or the last there is
}

func (f Finding) String() string {
	if f.Goes != 0 {
		return fmt.Sprintf("record %d: %s, it belongs at %d", f.Seq, f.What, f.Goes)
	}
	if f.Last != 0 {
		return fmt.Sprintf("record %d: %s after record %d", f.Seq, f.What, f.Last)
	}
	return fmt.Sprintf("record %d: %s", f.Seq, f.What)
}

// Verification is what a walk along the whole chain found.
type Verification struct {
	Entries  int64     `json:"entries"`
	Head     string    `json:"head"` // hex hash of the last record
	Findings []Finding `json:"findings"`
}

type link struct {
	e    outbreak.Entry
	hash []byte
}

const mostFindings = 1000

// Verify walks the chain from the first record and names every record that was changed, taken out or moved.
func Verify(ctx context.Context, db *store.DB) (Verification, error) {
	var v Verification
	err := db.Read(ctx, func(tx *store.Tx) error {
		headSeq, headHash, err := storedHead(tx)
		if err != nil {
			return err
		}
		before := map[int64][]byte{} // the stored hash before a suspicious position
		var suspects []link
		prev, next := genesis, int64(1)
		for {
			links, err := store.List(tx, func(r store.Row) (l link, err error) {
				var body string
				err = r.Scan(&l.e.Seq, &l.e.At, &l.e.Kind, &l.e.Scope.Outbreak, &l.e.Scope.Area, &l.e.Actor, &l.e.Cause, &body, &l.hash)
				l.e.Body = []byte(body)
				return l, err
			}, "select "+entryColumns+", hash from journal where ledger = $1 and seq >= $2 order by seq limit 2000", ledger, next)
			if err != nil {
				return err
			}
			if len(links) == 0 {
				break
			}
			for _, l := range links {
				for ; next < l.e.Seq && len(v.Findings) < mostFindings; next++ {
					v.Findings = append(v.Findings, Finding{Seq: next, What: "missing"})
					prev = nil
				}
				v.Entries++
				if prev != nil && !bytes.Equal(chain(prev, l.e), l.hash) && len(suspects) < mostFindings {
					before[l.e.Seq] = prev
					suspects = append(suspects, l)
				}
				prev, next = l.hash, l.e.Seq+1
			}
		}
		v.Findings = append(v.Findings, judge(suspects, before)...)
		v.Head = fmt.Sprintf("%x", prev)
		switch {
		case headSeq > next-1:
			v.Findings = append(v.Findings, Finding{Seq: headSeq, What: "tail_cut"})
		case headSeq < next-1 || v.Entries > 0 && !bytes.Equal(prev, headHash):
			v.Findings = append(v.Findings, Finding{Seq: headSeq, What: "head_wrong"})
		}
		return nil
	})
	return v, err
}

func storedHead(tx *store.Tx) (seq int64, hash []byte, err error) {
	err = store.Each(tx, func(r store.Row) error { return r.Scan(&seq, &hash) }, "select seq, hash from journal_head where ledger = $1", ledger)
	return seq, hash, err
}

// judge tells moved records from changed ones. A moved record fits the chain at the place of another suspect, with its own
// hash or with the hash left there; a record that fits its own place behind another hash stands after a moved one and is
// intact itself.
func judge(suspects []link, before map[int64][]byte) []Finding {
	if len(suspects) > mostJudged {
		var found []Finding
		for _, s := range suspects {
			found = append(found, Finding{Seq: s.e.Seq, What: "changed"})
		}
		return found
	}
	stored := map[int64][]byte{}
	var hashes [][]byte
	for _, s := range suspects {
		stored[s.e.Seq] = s.hash
		hashes = append(hashes, s.hash, before[s.e.Seq])
	}
	var found []Finding
	for _, s := range suspects {
		if goes := belongs(s, hashes, stored); goes == 0 {
			found = append(found, Finding{Seq: s.e.Seq, What: "changed"})
		} else if goes != s.e.Seq {
			found = append(found, Finding{Seq: s.e.Seq, What: "reordered", Goes: goes})
		}
	}
	return found
}

const mostJudged = 60 // beyond this, trying every place for every record costs more than it tells

// belongs finds the place among the suspects where the record fits; 0 when there is none.
func belongs(s link, hashes [][]byte, stored map[int64][]byte) int64 {
	var elsewhere int64
	for seq := range stored {
		moved := s.e
		moved.Seq = seq
		for _, prev := range hashes {
			sum := chain(prev, moved)
			if seq == s.e.Seq && bytes.Equal(sum, s.hash) {
				return seq
			}
			if seq != s.e.Seq && (bytes.Equal(sum, s.hash) || bytes.Equal(sum, stored[seq])) {
				elsewhere = seq
			}
		}
	}
	return elsewhere
}
