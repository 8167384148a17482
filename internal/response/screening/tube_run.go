package screening

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// runLength is how many rows of tube are in a packed run; a run ends at each multiple of it. Tests take short ones, to have many.
var runLength int64 = 2000

// formRun is the first byte of a packed run.
const formRun = 1

var errRun = errors.New("the packed run of tubes cannot be read")

// packRun writes rows as a start reads them: each value is the difference to the one of the row before, the numbers of the members
// alone. A tube of ten takes about 25 bytes, and a tenth of the time its row takes to be read. It gives nil for rows between which
// one is missing.
func packRun(rows []tubeRow) []byte {
	b := make([]byte, 5, 32*len(rows)+16)
	b[0] = formRun
	b = binary.AppendUvarint(b, uint64(len(rows)))
	var was tubeRow
	var no int64
	for i, r := range rows {
		if i > 0 && r.seq != was.seq+1 {
			return nil
		}
		same := 0
		for same < min(len(r.Code), len(was.Code)) && r.Code[same] == was.Code[same] {
			same++
		}
		b = binary.AppendUvarint(b, uint64(same))
		b = binary.AppendUvarint(b, uint64(len(r.Code)-same))
		b = append(b, r.Code[same:]...)
		for _, d := range [...]int64{int64(r.AreaID - was.AreaID), int64(r.Round - was.Round), int64(r.Booth - was.Booth), r.op - was.op, r.kind - was.kind, int64(r.Taken - was.Taken)} {
			b = binary.AppendVarint(b, d)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Members)))
		for _, m := range r.Members {
			b = binary.AppendVarint(b, m.No-no)
			no = m.No
		}
		was = r
	}
	binary.LittleEndian.PutUint32(b[1:], crc32.ChecksumIEEE(b[5:]))
	return b
}

// unpackRun reads the rows of a run whose last one is upto. Members have a number and nothing else.
func unpackRun(b []byte, upto int64) ([]tubeRow, error) {
	if len(b) < 5 || b[0] != formRun || crc32.ChecksumIEEE(b[5:]) != binary.LittleEndian.Uint32(b[1:]) {
		return nil, errRun
	}
	p := runReader{b: b[5:]}
	n := p.count()
	rows := make([]tubeRow, n)
	members := make([]Member, 0, 10*n)
	var code []byte
	var was tubeRow
	var no int64
	for i := range rows {
		r := &rows[i]
		r.seq = upto - int64(n-1-i)
		same := p.count()
		if same > len(code) {
			return nil, errRun
		}
		code = append(code[:same], p.bytes(p.count())...)
		r.Code = outbreak.TubeCode(code)
		r.AreaID, r.Round, r.Booth = was.AreaID+outbreak.AreaID(p.step()), was.Round+outbreak.RoundID(p.step()), was.Booth+outbreak.BoothID(p.step())
		r.op, r.kind, r.Taken = was.op+p.step(), was.kind+p.step(), was.Taken+outbreak.Instant(p.step())
		begin := len(members)
		for range p.count() {
			no += p.step()
			members = append(members, Member{No: no})
		}
		r.Members, r.Ops = members[begin:len(members):len(members)], 1
		r.made(r.op)
		was = *r
	}
	if p.broken || len(p.b) > 0 {
		return nil, errRun
	}
	return rows, nil
}

// runReader reads numbers one behind the other. What ends too soon gives zeros.
type runReader struct {
	b      []byte
	broken bool
}

func (p *runReader) step() int64 {
	v, n := binary.Varint(p.b)
	return int64(p.took(uint64(v), n))
}

// count reads how many of something follow, each of which takes a byte at least.
func (p *runReader) count() int {
	v, n := binary.Uvarint(p.b)
	v = p.took(v, n)
	if v > uint64(len(p.b)) {
		p.broken = true
		return 0
	}
	return int(v)
}

func (p *runReader) took(v uint64, n int) uint64 {
	if n <= 0 {
		p.broken = true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *runReader) bytes(n int) (b []byte) {
	b, p.b = p.b[:n], p.b[n:]
	return b
}

// runOrRows gives the rows behind from up to a multiple of runLength or the last row, packed or not; packed says which.
func runOrRows(tx *store.Tx, from, upto int64) (rows []tubeRow, packed bool, err error) {
	if upto%runLength == 0 {
		b, there, err := store.One(tx, store.Value[[]byte], "select rows from tube_run where upto = $1", upto)
		if err != nil {
			return nil, false, err
		}
		if there {
			if rows, err := unpackRun(b, upto); err == nil && int64(len(rows)) == runLength {
				return rows[runLength-(upto-from):], true, nil
			}
		}
	}
	rows, err = bareRows(tx, from, upto)
	return rows, false, err
}

// packRunOf packs the run that ends with upto; nil: it has gaps.
func (r *lastRuns) packRunOf(tx *store.Tx, upto int64) ([]byte, error) {
	rows := r.behind(upto-runLength, upto)
	if int64(len(rows)) < runLength {
		var err error
		if rows, err = bareRows(tx, upto-runLength, upto); err != nil || int64(len(rows)) < runLength {
			return nil, err
		}
	}
	return packRun(rows), nil
}

// toPack notes a run whose rows are all there. The caller holds step.
func (c *Coverage) toPack(upto int64) {
	if !slices.Contains(c.unpacked, upto) {
		c.unpacked = append(c.unpacked, upto)
	}
}

// WrongRuns counts the packed runs of tubes that say something else than their rows; of is how many there are.
func (s *Service) WrongRuns(ctx context.Context) (wrong, of int64, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, store.Value[int64], "select upto from tube_run order by upto")
		if err != nil {
			return err
		}
		for _, upto := range all {
			b, _, err := store.One(tx, store.Value[[]byte], "select rows from tube_run where upto = $1", upto)
			if err != nil {
				return err
			}
			rows, err := unpackRun(b, upto)
			if err != nil {
				wrong++
				continue
			}
			said, err := bareRows(tx, upto-int64(len(rows)), upto)
			if err != nil {
				return err
			}
			if !bytes.Equal(packRun(said), b) {
				wrong++
			}
		}
		of = int64(len(all))
		return nil
	})
	return wrong, of, err
}
