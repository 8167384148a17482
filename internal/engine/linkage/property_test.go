package linkage_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"breakwater/internal/engine/linkage"
)

// learnt gives a model of lists of a town, and the lists.
func learnt(seed uint64) (*linkage.Result, []linkage.Record, []linkage.Record) {
	a, b := newTown(seed).lists(400)
	first, second := records(a), records(b)
	return linkage.Link(first, second, linkage.Options{}), first, second
}

func TestComparingIsSymmetric(t *testing.T) {
	r, a, b := learnt(3)
	for i := range 20_000 {
		x, y := a[i%len(a)], b[(i*7)%len(b)]
		if v, w := r.Model.Compare(x, y), r.Model.Compare(y, x); !reflect.DeepEqual(v, w) {
			t.Fatalf("%+v and %+v: %+v one way, %+v the other", x, y, v, w)
		}
	}
	for _, p := range r.Pairs {
		if v, w := r.Model.Compare(a[p.A], b[p.B]), r.Model.Compare(b[p.B], a[p.A]); !reflect.DeepEqual(v, w) || v.Weight != p.Weight {
			t.Fatalf("pair %+v: %+v one way, %+v the other", p, v, w)
		}
	}
}

// TestTheOrderOfRecordsChangesNothing shuffles both lists, and exchanges them.
func TestTheOrderOfRecordsChangesNothing(t *testing.T) {
	r, a, b := learnt(4)
	ia, ib := rand.New(rand.NewPCG(1, 1)).Perm(len(a)), rand.New(rand.NewPCG(2, 2)).Perm(len(b))
	sa, sb := make([]linkage.Record, len(a)), make([]linkage.Record, len(b))
	for i, j := range ia {
		sa[i] = a[j]
	}
	for i, j := range ib {
		sb[i] = b[j]
	}
	s := linkage.Link(sa, sb, linkage.Options{})
	want, got := map[[2]int]float64{}, map[[2]int]float64{}
	for _, p := range r.Pairs {
		want[[2]int{p.A, p.B}] = p.Weight
	}
	for _, p := range s.Pairs {
		got[[2]int{ia[p.A], ib[p.B]}] = p.Weight
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%d pairs in order, %d shuffled, or their weights differ", len(want), len(got))
	}
}

// TestBetterAgreementNeverWeighsLess makes one field the same at a time, and takes one field away from two that agree in it.
func TestBetterAgreementNeverWeighsLess(t *testing.T) {
	r, a, b := learnt(5)
	copied := map[string]func(to *linkage.Record, from linkage.Record){
		"name":  func(to *linkage.Record, from linkage.Record) { to.Name = from.Name },
		"birth": func(to *linkage.Record, from linkage.Record) { to.Birth = from.Birth },
		"sex":   func(to *linkage.Record, from linkage.Record) { to.Sex = from.Sex },
		"phone": func(to *linkage.Record, from linkage.Record) { to.Phone = from.Phone },
		"document": func(to *linkage.Record, from linkage.Record) {
			to.DocumentKind, to.Document = from.DocumentKind, from.Document
		},
		"place": func(to *linkage.Record, from linkage.Record) { to.Area, to.Household = from.Area, from.Household },
	}
	for field, copyField := range copied {
		for i := range 3000 {
			x, y := a[i%len(a)], b[(i*13)%len(b)]
			if field == "place" && x.Household == "" || field == "birth" && x.Birth.Day == 0 {
				continue // agreement that is not the best there is
			}
			same, without := y, y
			copyField(&same, x)
			copyField(&without, linkage.Record{})
			v, w, u := r.Model.Compare(x, y).Weight, r.Model.Compare(x, same).Weight, r.Model.Compare(x, without).Weight
			if w < v-1e-9 || w < u-1e-9 {
				t.Fatalf("%s made the same: %.3f bits, were %.3f, without it %.3f: %+v, %+v", field, w, v, u, x, y)
			}
		}
	}
	for _, f := range linkage.Fields() {
		for _, weights := range [][]float64{r.Model.Classes[linkage.Strangers].Against[f], r.Model.Classes[linkage.Relatives].Against[f], r.Model.Classes[linkage.Twins].Against[f]} {
			if !slices.IsSorted(weights) {
				t.Errorf("the weights of %s fall: %v", f, weights)
			}
		}
	}
}

func TestMissingIsNoEvidence(t *testing.T) {
	r, a, _ := learnt(6)
	v := r.Model.Compare(a[0], linkage.Record{})
	for _, e := range v.Fields {
		if e.Level != "missing" || e.Weight != 0 {
			t.Errorf("%+v", e)
		}
	}
	if v.Weight > 1e-9 || v.Weight < -1e-9 || v.Probability > 2*r.Model.Classes[linkage.One].Share {
		t.Errorf("nothing known: %.6f bits, probability %g, of any two %g", v.Weight, v.Probability, r.Model.Classes[linkage.One].Share)
	}
}

// TestACommonNameWeighsLess compares the same agreement in a usual and in a rare name.
func TestACommonNameWeighsLess(t *testing.T) {
	r, a, _ := learnt(7)
	const most, rare = "王伟", "邬麒"
	for range 40 {
		a = append(a, linkage.Record{Name: linkage.Name{Words: []string{most}}})
	}
	r.Model.Know(append(a, linkage.Record{Name: linkage.Name{Words: []string{rare}}}))
	weigh := func(name string) float64 {
		x := linkage.Record{Name: linkage.Name{Words: []string{name}}}
		return r.Model.Compare(x, x).Fields[linkage.FieldName].Weight
	}
	if c, o := weigh(most), weigh(rare); c >= o || c <= 0 {
		t.Errorf("a name of 40 people: %.2f bits; of one: %.2f", c, o)
	}
}

func TestAModelIsKept(t *testing.T) {
	r, a, b := learnt(8)
	text, err := json.Marshal(r.Model)
	if err != nil {
		t.Fatal(err)
	}
	var kept linkage.Model
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	kept.Know(append(slices.Clone(a), b...))
	for i := range 500 {
		if v, w := r.Model.Compare(a[i%len(a)], b[i%len(b)]), kept.Compare(a[i%len(a)], b[i%len(b)]); !reflect.DeepEqual(v, w) {
			t.Fatalf("%+v, kept %+v", v, w)
		}
	}
}

// TestKeysFindWhatLinkingFinds looks pairs up by their keys, as a store does for one new record.
func TestKeysFindWhatLinkingFinds(t *testing.T) {
	r, a, b := learnt(9)
	for _, p := range r.Linked() {
		keys := linkage.Keys(a[p.A])
		if !slices.ContainsFunc(linkage.Keys(b[p.B]), func(k linkage.Key) bool { return slices.Contains(keys, k) }) {
			t.Fatalf("no key of both: %+v, %+v", a[p.A], b[p.B])
		}
	}
}

// TestACrowdedKeyIsToldNotFollowed gives everybody one telephone.
func TestACrowdedKeyIsToldNotFollowed(t *testing.T) {
	a, b := newTown(10).lists(400)
	first, second := records(a), records(b)
	for _, list := range [][]linkage.Record{first, second} {
		for i := range list {
			list[i].Phone = "043112345678"
		}
	}
	r := linkage.Link(first, second, linkage.Options{MostInBlock: 50})
	if len(r.Crowds) == 0 || r.Crowds[0].Kind != "phone" || r.Crowds[0].Records != len(a)+len(b) {
		t.Fatalf("%+v", r.Crowds)
	}
	if most := 50 * (len(a) + len(b)); r.Compared > most {
		t.Errorf("%d pairs compared", r.Compared)
	}
	if m := measure(r, a, b); m.precision < .97 || m.recall < .9 {
		t.Errorf("precision %.4f, recall %.4f", m.precision, m.recall)
	}
}

func TestFewRecords(t *testing.T) {
	one := linkage.Record{Name: linkage.Name{Words: []string{"anna", "lee"}}, Birth: linkage.Date{Year: 1990, Month: 2, Day: 3}, Phone: "13812345678", Sex: "f"}
	other := linkage.Record{Name: linkage.Name{Words: []string{"bo", "wu"}}, Birth: linkage.Date{Year: 1960, Month: 5, Day: 30}, Phone: "13912345670", Sex: "m"}
	for _, r := range []*linkage.Result{linkage.Dedupe(nil, linkage.Options{}), linkage.Link(nil, []linkage.Record{one}, linkage.Options{}), linkage.Dedupe([]linkage.Record{one}, linkage.Options{})} {
		if len(r.Pairs) != 0 {
			t.Errorf("%+v", r.Pairs)
		}
	}
	r := linkage.Dedupe([]linkage.Record{one, other, one}, linkage.Options{})
	if len(r.Pairs) != 1 || r.Pairs[0].A != 0 || r.Pairs[0].B != 2 {
		t.Errorf("%+v", r.Pairs)
	}
}
