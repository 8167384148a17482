package placement_test

import (
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
)

func TestAnArrivalMayNameItsBed(t *testing.T) {
	engines(t, func(h *house) {
		hotel, err := h.places.OpenSite(h.ctx, root, placement.OpenSite{Outbreak: h.outbreak, Area: "2201", Kind: "isolation_site", Name: "Hotel",
			Wards: []placement.NewWard{{Name: "A", Kind: "single_room", Beds: 2}, {Name: "B", Kind: "single_room", Beds: 1}}})
		h.ok(err)
		in := func(p outbreak.PersonID, ward, bed string) (placement.Stay, error) {
			return h.places.RecordArrival(h.ctx, root, placement.RecordArrival{Outbreak: h.outbreak, Person: p, Site: hotel.ID, Ward: ward, Bed: bed})
		}
		where := func(st placement.Stay) string {
			names, err := h.places.NameBeds(h.ctx, root, []outbreak.BedID{st.Bed})
			h.ok(err)
			return names[st.Bed].Ward + names[st.Bed].Label
		}
		one, two, three := h.person(), h.person(), h.person()
		for want, bed := range map[string][2]string{"placement.no_ward": {"C", "1"}, "placement.no_such_bed": {"A", "77"}, "placement.bed_without_ward": {"", "1"}} {
			_, err := in(one, bed[0], bed[1])
			h.refused(err, want)
		}
		st, err := in(one, "A", "2")
		h.ok(err)
		h.want("lies in", where(st), "A2")
		_, err = in(two, "A", "2")
		h.refused(err, "placement.bed_taken")

		h.falls(two, outbreak.ScreenPositive)
		reserved := h.reserve(1)
		h.want("reserved", where(placement.Stay{Bed: reserved[0].Bed}), "A1")
		st, err = in(three, "A", "1") // who is there comes before who is expected
		h.ok(err)
		h.want("lies in", where(st), "A1")
		h.want("still reserved", h.beds(hotel).Reserved, 1)
		st, err = in(two, "", "")
		h.ok(err)
		h.want("the other bed", where(st), "B1")

		four := h.person()
		st, err = in(four, "A", "")
		h.ok(err)
		h.want("a full ward is over", st.Bed, outbreak.BedID(0))
		_, err = in(two, "A", "")
		h.refused(err, "placement.ward_full")

		added, err := h.places.OpenSite(h.ctx, root, placement.OpenSite{Outbreak: h.outbreak, Area: "2201", Kind: "isolation_site", Name: "Hotel", Wards: []placement.NewWard{{Name: "B", Kind: "single_room", Beds: 3}}})
		h.ok(err)
		h.want("the same site", added.ID, hotel.ID)
		h.want("nobody is over any more", h.beds(hotel).Over, 0)
		st, err = in(two, "B", "3")
		h.ok(err)
		h.want("moved within the site", where(st), "B3")
		h.want("occupied", h.beds(hotel).Occupied, 4)
		h.want("free", h.beds(hotel).Free, 1)
	})
}

// TestABedTakenFromAReservationIsLookedForAgain has one bed for the one who came and the one who is expected.
func TestABedTakenFromAReservationIsLookedForAgain(t *testing.T) {
	engines(t, func(h *house) {
		hotel, expected, came := h.site("Hotel", "2201", 1), h.person(), h.person()
		h.falls(expected, outbreak.ScreenPositive)
		h.want("served", len(h.reserve(5)), 1)
		st, err := h.places.RecordArrival(h.ctx, root, placement.RecordArrival{Outbreak: h.outbreak, Person: came, Site: hotel.ID, Ward: "1", Bed: "1"})
		h.ok(err)
		h.want("has a bed", st.Bed != 0, true)
		h.want("waits again", len(h.needs("waiting")), 1)
		h.want("reserved", h.beds(hotel).Reserved, 0)
	})
}
