package screening

import (
	"context"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Line is what residents of an area are shown beside their result: whom to call, and where swabs are taken. That of the nearest
// area above counts where an area has none; that of an outbreak before that of all.
type Line struct {
	Area     outbreak.Path       `json:"area"`
	Outbreak outbreak.OutbreakID `json:"outbreak"` // none: in every one
	Phone    string              `json:"phone"`
	Place    string              `json:"place"`
}

// How many bytes of them fit an answer that has to stay small.
const (
	longestPhone = 20
	longestPlace = 60
)

type lineKey struct {
	area     outbreak.Path
	outbreak outbreak.OutbreakID
}

// SetLine is the command that says whom residents call and where they go. Both empty: as the area above says.
type SetLine struct {
	Key      string              `json:"-"`
	Area     string              `json:"area"` // code
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Phone    string              `json:"phone"`
	Place    string              `json:"place"`
}

// SetLine sets what residents of an area are shown beside their result.
func (s *Service) SetLine(ctx context.Context, by outbreak.Actor, c SetLine) (Line, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Line{}, err
	}
	c.Phone, c.Place = strings.Join(strings.Fields(c.Phone), " "), strings.Join(strings.Fields(c.Place), " ")
	if len(c.Phone) > longestPhone || strings.Trim(c.Phone, "0123456789+-() ") != "" {
		return Line{}, outbreak.Refuse(outbreak.Invalid, "screening.line_phone", "most", longestPhone)
	}
	if len(c.Place) > longestPlace || !plainText(c.Place) {
		return Line{}, outbreak.Refuse(outbreak.Invalid, "screening.line_place", "most", longestPlace/3)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.SetLine", Key: c.Key}, c, func(tx *store.Tx) (Line, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Line{}, err
		}
		if !ok {
			return Line{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		l := Line{Area: area.Path, Outbreak: c.Outbreak, Phone: c.Phone, Place: c.Place}
		scope := outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak}
		if err := access.RequireThroughout(by, access.RoundManage, scope); err != nil {
			return Line{}, err
		}
		if _, err := tx.Exec(`insert into result_line (area, outbreak, phone, place, recorded_at) values ($1, $2, $3, $4, $5)
			on conflict (area, outbreak) do update set phone = excluded.phone, place = excluded.place, recorded_at = excluded.recorded_at`,
			l.Area, l.Outbreak, l.Phone, l.Place, tx.Now); err != nil {
			return l, err
		}
		_, err = s.journal.Append(tx, by, outbreak.ResultLineSet{Scope: scope})
		return l, err
	})
}

// plainText tells that nothing in a text would have to be escaped in an answer.
func plainText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\' || r == 0xfffd || r == 0x2028 || r == 0x2029
	})
}

// ListLines lists what residents are shown, as far as the actor may see rounds there.
func (s *Service) ListLines(ctx context.Context, by outbreak.Actor) (list []Line, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := readLines(tx)
		for _, l := range all {
			if access.Can(by, access.RoundRead, outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak}) {
				list = append(list, l)
			}
		}
		return err
	})
	return list, err
}

func readLines(tx *store.Tx) ([]Line, error) {
	return store.List(tx, func(r store.Row) (l Line, err error) {
		err = r.Scan(&l.Area, &l.Outbreak, &l.Phone, &l.Place)
		return l, err
	}, "select area, outbreak, phone, place from result_line order by area, outbreak")
}
