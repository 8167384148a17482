package screening_test

import (
	"fmt"
	"slices"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// TestTubesOfWhoeverMaySeeThem lists tubes that were issued in an area, and those nobody issued, for somebody who sees the whole round
// of many areas and for somebody of one of them: page by page, in the order they came in.
func TestTubesOfWhoeverMaySeeThem(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		for _, areas := range []int{3, 120} { // looked into one by one, and not
			top := fmt.Sprint("22-T", areas)
			load := []registry.NewArea{{Code: top, Parent: "22", Name: "区"}}
			for i := range areas {
				load = append(load, registry.NewArea{Code: fmt.Sprint(top, "-", i), Parent: top, Name: "社区"})
			}
			_, err := h.a.House.Registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: load})
			must(t, err)
			r := h.round(t, screening.OpenRound{Outbreak: h.outbreak, Name: top, Areas: []string{top}})
			booth := map[int]outbreak.BoothID{}
			for i := range 3 {
				b, err := h.a.House.Screening.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: fmt.Sprint(top, "-", i), Name: "Booth"})
				must(t, err)
				booth[i] = b.ID
				_, err = h.a.House.Registry.IssueBox(h.ctx, root, registry.IssueBox{First: outbreak.TubeCode(fmt.Sprintf("%dN%d0", areas, i)), Last: outbreak.TubeCode(fmt.Sprintf("%dN%d9", areas, i)), Area: fmt.Sprint(top, "-", i), Outbreak: h.outbreak})
				must(t, err)
			}
			want := map[int][]outbreak.TubeCode{}
			for n := range 4 {
				for i := range 3 {
					code := outbreak.TubeCode(fmt.Sprintf("%dN%d%d", areas, i, n))
					if n == 3 {
						code = outbreak.TubeCode(fmt.Sprintf("%dX%d", areas, i)) // nobody issued it
					}
					_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: r.ID, Booth: booth[i], Tubes: []screening.HandedTube{{Tube: code}}})
					must(t, err)
					want[i], want[-1] = append(want[i], code), append(want[-1], code)
				}
			}
			list := func(by outbreak.Actor) (codes []outbreak.TubeCode) {
				t.Helper()
				after := int64(0)
				for {
					page, err := h.a.House.Screening.ListTubes(h.ctx, by, r.ID, after, 2)
					if must(t, err); len(page) == 0 {
						return codes
					}
					for _, x := range page {
						codes, after = append(codes, x.Code), x.Seq
					}
				}
			}
			if got := list(root); !slices.Equal(got, want[-1]) {
				t.Errorf("%d areas: listed %v of %v", areas, got, want[-1])
			}
			for i := range 3 {
				by := outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.Command), Area: outbreak.Path(fmt.Sprintf("/22/%s/%s-%d/", top, top, i))}}}
				if got := list(by); !slices.Equal(got, want[i]) {
					t.Errorf("%d areas: whoever sees community %d lists %v of %v", areas, i, got, want[i])
				}
			}
		}
	})
}
