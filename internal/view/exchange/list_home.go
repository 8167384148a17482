package exchange

import (
	"context"

	"breakwater/internal/outbreak"
)

// homes finds where those live whom a list of contacts names by numbers, when nobody said where its rows belong: of people who are
// there already nobody has to say it.
func (s *Service) homes(ctx context.Context, by outbreak.Actor, scan *listScan, o ListOptions) (map[string]string, error) {
	numbers, err := scan.namedNumbers()
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	areas, err := s.rooms.Contacts.AreasNumbered(ctx, by, o.Outbreak, o.Party, numbers)
	homes := make(map[string]string, len(areas))
	for number, area := range areas {
		homes[number] = area.Code()
	}
	return homes, err
}

// namedNumbers reads through a list for the numbers it names people by, each once.
func (s *listScan) namedNumbers() (numbers []string, err error) {
	var columns []int
	for _, name := range []string{"from", "to"} {
		if i, is := s.at[name]; is {
			columns = append(columns, i)
		}
	}
	if len(columns) < 2 {
		return nil, nil
	}
	seen := map[string]bool{}
	_, err = s.source.read(s.found.Sheet, func(_ int, cells []string) error {
		for _, i := range columns {
			if i >= len(cells) {
				continue
			}
			if v, wrong := s.columns[i].value(cells[i]); wrong == nil && v != "" && !seen[v] {
				seen[v] = true
				numbers = append(numbers, v)
			}
		}
		return nil
	})
	return numbers, err
}

// home is the area of a row whose list has none: of whoever was exposed, when both ends are known by number.
func (r *reading) home(x *listRow) string {
	if r.plan.Area != "" || r.kind != Contacts {
		return r.plan.Area
	}
	if from := x.from.Identity; r.homes[x.fromNo] == "" && (x.fromNo == "" || from.Name != "" || from.Phone != "") {
		return "" // somebody new, of whom it has to be said
	}
	return r.homes[x.toNo]
}
