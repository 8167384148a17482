package linkage_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"breakwater/internal/engine/linkage"
)

var update = flag.Bool("update", false, "learn the shipped model anew")

// TestShippedModel learns from one list that holds two badly written lists of a town, as a house's own list does.
func TestShippedModel(t *testing.T) {
	first, second := newTown(2020).lists(6000)
	r := linkage.Dedupe(records(append(first, second...)), linkage.Options{})
	if *update {
		text, err := json.MarshalIndent(r.Model, "", " ")
		if err == nil {
			err = os.WriteFile("shipped.json", append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	near := func(what string, a, b float64) {
		if d := a - b; d > 1e-6 || d < -1e-6 {
			t.Errorf("%s is %g, shipped is %g", what, a, b)
		}
	}
	near("the link weight", r.Model.Link, linkage.Shipped.Link)
	near("the review weight", r.Model.Review, linkage.Shipped.Review)
	for c, x := range r.Model.Classes {
		near("a share", x.Share, linkage.Shipped.Classes[c].Share)
		for f := range x.Against {
			for l := range x.Against[f] {
				near(linkage.Field(f).String(), x.Against[f][l], linkage.Shipped.Classes[c].Against[f][l])
			}
		}
	}
}

// TestAModelFitsAnotherSize weighs by the shipped model for lists of other sizes: what is likely among few is chance among many.
func TestAModelFitsAnotherSize(t *testing.T) {
	few, many := linkage.Shipped.Sized(20_000), linkage.Shipped.Sized(2_000_000)
	if d := many.Link - few.Link; d < 6.5 || d > 6.8 { // a hundred times as many
		t.Errorf("%g bits more", d)
	}
	a, _ := newTown(5).lists(50)
	for _, x := range records(a) {
		v, w := few.Compare(x, x), many.Compare(x, x)
		if v.Probability < w.Probability {
			t.Errorf("%+v: %g among few, %g among many", x, v.Probability, w.Probability)
		}
	}
	sum := 0.0
	for _, c := range many.Classes {
		sum += c.Share
	}
	if sum < .999999 || sum > 1.000001 {
		t.Errorf("shares sum to %g", sum)
	}
}

// TestStoredKeysFindWhatKeysFind counts the pairs of one person whom the stored keys, and a document, a telephone or a name in one
// area, bring together, beside those of all keys.
func TestStoredKeysFindWhatKeysFind(t *testing.T) {
	first, second := newTown(77).lists(3000)
	people := append(first, second...)
	list := records(people)
	met := func(keys func(linkage.Record) []linkage.Key) (pairs int) {
		by := map[linkage.Key][]int{}
		for i, r := range list {
			for _, k := range keys(r) {
				by[k] = append(by[k], i)
			}
		}
		found := map[[2]int]bool{}
		for _, block := range by {
			for i, a := range block {
				for _, b := range block[i+1:] {
					if people[a].person == people[b].person {
						found[[2]int{a, b}] = true
					}
				}
			}
		}
		return len(found)
	}
	all := met(linkage.Keys)
	stored := met(func(r linkage.Record) []linkage.Key {
		keys := linkage.Prepare(r).StoredKeys()
		for _, k := range linkage.Keys(r) {
			if k.Kind == "document" || k.Kind == "phone" || k.Kind == "name, area" {
				keys = append(keys, k)
			}
		}
		return keys
	})
	t.Logf("of %d pairs %d share a stored key", all, stored)
	if float64(stored) < .99*float64(all) {
		t.Errorf("of %d pairs only %d share a stored key", all, stored)
	}
	n := 0
	for _, r := range list {
		n += len(linkage.Prepare(r).StoredKeys())
	}
	t.Logf("%.1f entries a person", float64(n)/float64(len(list)))
}

// TestRelativesAreToldFromStrangers looks at members of one home with one telephone.
func TestRelativesAreToldFromStrangers(t *testing.T) {
	first, _ := newTown(9).lists(2000)
	list := records(first)
	kin, pairs := 0, 0
	for i, a := range first {
		for j := i + 1; j < min(i+4, len(first)); j++ {
			b := first[j]
			if a.home != b.home || a.phone == "" || a.phone != b.phone || a.family != b.family {
				continue
			}
			x, y := list[i], list[j]
			x.Household, y.Household = "", ""
			pairs++
			if c := linkage.Shipped.Sized(2000).Compare(x, y).Likely; c == linkage.Relatives || c == linkage.Twins {
				kin++
			}
		}
	}
	if pairs < 100 || kin < pairs*9/10 {
		t.Errorf("%d of %d pairs of relatives are taken for relatives", kin, pairs)
	}
}
