package registry

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Box is a run of tube serials issued to an area: the result route knows only a barcode, and this is how it finds where
// the tube belongs.
type Box struct {
	First    outbreak.TubeCode   `json:"first"`
	Last     outbreak.TubeCode   `json:"last"`
	AreaID   outbreak.AreaID     `json:"area_id"`
	Area     outbreak.Path       `json:"area"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Checked  bool                `json:"checked,omitempty"` // the last character of each serial checks the others
}

// Scope is where the tubes of the box belong; the world for no box.
func (b Box) Scope() outbreak.Scope { return outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak} }

// Sound tells whether a serial of the box can be one: a check character that does not fit is misread.
func (b Box) Sound(code outbreak.TubeCode) bool { return !b.Checked || code.Checked() }

const boxColumns = "first, last, area_id, area, outbreak, checked"

func scanBox(r store.Row) (b Box, err error) {
	var checked int64
	err = r.Scan(&b.First, &b.Last, &b.AreaID, &b.Area, &b.Outbreak, &checked)
	b.Checked = checked != 0
	return b, err
}

// BoxOf finds the box a serial was issued in; the zero Box (area 0: an orphan) when nobody issued it.
func BoxOf(tx *store.Tx, code outbreak.TubeCode) (Box, error) {
	b, ok, err := store.One(tx, scanBox, "select "+boxColumns+` from tube_box
		where first <= $1 and length = $2 order by first desc limit 1`, code, len(code))
	if err != nil || !ok || code > b.Last {
		return Box{}, err
	}
	return b, nil
}

// BoxesOf finds the boxes of many serials with few questions: neighbours are mostly in one box.
func BoxesOf(tx *store.Tx, codes []outbreak.TubeCode) (map[outbreak.TubeCode]Box, error) {
	found := make(map[outbreak.TubeCode]Box, len(codes))
	var last Box
	for _, c := range codes {
		if last.First == "" || len(c) != len(last.First) || c < last.First || c > last.Last {
			var err error
			if last, err = BoxOf(tx, c); err != nil {
				return nil, err
			}
		}
		found[c] = last
	}
	return found, nil
}
