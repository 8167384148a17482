package protocols_test

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
	"breakwater/internal/words"
	"breakwater/protocols"
)

var update = flag.Bool("update", false, "write the golden files anew")

func embedded(t testing.TB) *protocols.Set {
	t.Helper()
	set, err := protocols.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func find(t testing.TB, set *protocols.Set, id string) outbreak.Protocol {
	t.Helper()
	p, ok := set.Find(id)
	if !ok {
		t.Fatalf("there is no protocol %s", id)
	}
	return p
}

func TestEmbeddedProtocolsAnswerWhatTheWorkAsks(t *testing.T) {
	var set outbreak.Protocols = embedded(t)
	p, ok := set.Find("cn-covid-2021")
	if !ok {
		t.Fatal("the rule book of March 2022 is missing")
	}
	if d, ok := p.Duration("clock.core_info"); !ok || d != 4*time.Hour {
		t.Errorf("core information is due after %v, %v", d, ok)
	}
	if n, ok := p.Number("pool.size"); !ok || n != 10 {
		t.Errorf("a tube takes %v, %v", n, ok)
	}
	if got := p.Counts("pool.validated"); !slices.Equal(got, []int{5, 10, 20}) {
		t.Errorf("validated pools are %v", got)
	}
	if !p.Has("pool.recall_on", "indeterminate") || p.Has("pool.recall_on", "invalid") {
		t.Errorf("pools are recalled on %v", p.List("pool.recall_on"))
	}
	if _, ok := p.Number("sampler.rate"); ok {
		t.Error("a value nobody verified is given as a number")
	}
	for _, s := range outbreak.Severities {
		if len(p.List("placement."+string(s))) == 0 {
			t.Errorf("no bed suits %s", s)
		}
	}
}

func TestLaterEditionIsTheDifference(t *testing.T) {
	set := embedded(t)
	old, late := find(t, set, "cn-covid-2021"), find(t, set, "cn-covid-2022")
	if n, _ := late.Number("contact.close.central"); n != 7 {
		t.Errorf("close contacts are isolated %v days", n)
	}
	if got, want := late.Values["clock.core_info"], old.Values["clock.core_info"]; got.Number != want.Number || got.File != "cn-covid-2021.toml" {
		t.Errorf("core information was not inherited: %+v", got)
	}
	if _, there := late.Values["zone.lockdown.set"]; there {
		t.Error("the later edition still knows lockdown zones")
	}
	if n, _ := old.Number("contact.close.central"); n != 14 {
		t.Errorf("the older edition was changed to %v days", n)
	}
}

// TestEveryDiseaseIsAFile looks at what each book of WHO has to say at least, in both languages, or say that it does not.
func TestEveryDiseaseIsAFile(t *testing.T) {
	set := embedded(t)
	for _, id := range []string{"who-covid-19", "who-measles", "who-mers", "who-cholera"} {
		p := find(t, set, id)
		for _, class := range []string{"suspected", "probable", "confirmed", "discarded"} {
			v, there := p.Values["case.definition."+class]
			if !there || v.Known() != (v.In("en") != "" && v.In("zh") != "" && v.In("zh") != v.In("en")) {
				t.Errorf("%s: whom %s means is %+v", id, class, v)
			}
		}
		for _, key := range []string{"end", "contact.follow_up", "incubation.max"} {
			if v, there := p.Values[key]; !there || v.Notes["zh"] == "" {
				t.Errorf("%s says nothing of %s", id, key)
			}
		}
		for key, v := range p.Values {
			if v.Status == outbreak.StatusOfficial && v.Source == "" || v.Superseded != "" && v.Source == "" {
				t.Errorf("%s: %s has no source", id, key)
			}
			if v.Number == 0 && v.Type == "number" && v.Known() {
				t.Errorf("%s: %s is nothing", id, key)
			}
		}
	}
	for _, id := range []string{"who-measles", "who-cholera"} {
		p := find(t, set, id)
		if v := p.Values["placement.mild"]; len(v.List) != 0 || !v.Known() {
			t.Errorf("%s looks for a bed for the mild: %v", id, v.List)
		}
	}
}

// TestHowLongSomebodyIsRestrictedFollowsTheShorterRule holds what applies when no file says otherwise.
func TestHowLongSomebodyIsRestrictedFollowsTheShorterRule(t *testing.T) {
	p := find(t, embedded(t), "cn-covid-2022")
	for key, want := range map[string]outbreak.Applies{"contact.close.central": outbreak.AppliesRunning, "pool.hold_max": outbreak.AppliesRunning,
		"clock.core_info": outbreak.AppliesNew, "contact.lookback": outbreak.AppliesNew} {
		if got := p.Values[key].Applies; got != want {
			t.Errorf("%s applies to %s, want %s", key, got, want)
		}
	}
}

const site = `
id = "site"
disease = "covid-19"
edition = "local"
title_zh = "本地"
title_en = "Local"
disease_zh = "新冠"
disease_en = "COVID-19"
extends = "cn-covid-2021"

[pool.size]
value = 5
unit = "swabs per tube"
status = "planning"
note_zh = "本地规定"
note_en = "our own rule"
`

func TestSiteAddsItsOwnFile(t *testing.T) {
	set, err := protocols.Load(fstest.MapFS{"site.toml": {Data: []byte(site)}, "readme.txt": {Data: []byte("no protocol")}})
	if err != nil {
		t.Fatal(err)
	}
	p := find(t, set, "site")
	if n, _ := p.Number("pool.size"); n != 5 {
		t.Errorf("the site's pool size is %v", n)
	}
	if d, ok := p.Duration("clock.retest"); !ok || d != 6*time.Hour {
		t.Errorf("the retest clock was not inherited: %v %v", d, ok)
	}
	if got := len(set.List()); got != 8 {
		t.Errorf("%d rule books instead of 8", got)
	}
}

// TestFaultsAreToldAtOnce reads every file of testdata/faults and compares all that is said of it, in both languages.
func TestFaultsAreToldAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files with faults: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = protocols.Load(fstest.MapFS{filepath.Base(file): {Data: data}})
			faults, ok := err.(protocols.Problems)
			if !ok {
				t.Fatalf("the faults were not found: %v", err)
			}
			var b strings.Builder
			for _, f := range faults {
				fmt.Fprintf(&b, "%s:%d:%d\n", f.File, f.Line, f.Column)
				for _, lang := range words.Langs {
					fmt.Fprintf(&b, "\t%s\n", words.Text(lang, f.Fault.Msg, f.Fault.Slots))
				}
			}
			golden(t, strings.TrimSuffix(file, ".toml")+".golden", b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", file, got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(site))
	f.Add([]byte("a = 1\na = 2\n[x]\n[x]\nb = [[[[1]]]]\nc = {d = 1}\n\"\\u0000\" = inf"))
	base := embedded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := base.With(fstest.MapFS{"x.toml": {Data: data}})
		if faults, ok := err.(protocols.Problems); err != nil {
			if !ok || len(faults) == 0 {
				t.Fatalf("refused without a fault: %v", err)
			}
			lines := strings.Count(string(data), "\n") + 1
			for _, p := range faults {
				if p.Line < 1 || p.Line > lines || p.Column < 1 {
					t.Fatalf("a fault outside the file: %+v of %d lines", p, lines)
				}
				for _, lang := range words.Langs {
					if !words.Has(lang, p.Fault.Msg) {
						t.Fatalf("no sentence in %s for %s", lang, p.Fault.Msg)
					}
				}
			}
			return
		}
		if len(set.List()) != 8 {
			t.Fatal("accepted, and not there")
		}
	})
}

// TestCompiledValuesAreCarried compares with the table of values that was compiled from the sources.
func TestCompiledValuesAreCarried(t *testing.T) {
	t.Chdir("testdata") // as deep as the rooms testkit looks from
	f, err := os.Open(testkit.Shared(t, "protocol_parameters.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	set := embedded(t)
	compared := 0
	for _, row := range rows[1:] {
		for _, home := range homes(row[0], row[1]) {
			id, key, _ := strings.Cut(home, " ")
			v, there := find(t, set, id).Values[key]
			if !there {
				t.Errorf("%s: %s of %s is missing", id, key, row[0])
				continue
			}
			compared++
			if v.Status != outbreak.StatusNotVerified && !agrees(v, row[2]) {
				t.Errorf("%s: %s is %+v, the table says %q", id, key, v, row[2])
			}
		}
	}
	if compared < 70 {
		t.Errorf("only %d values were compared", compared)
	}
}

// homes says where a row of the table stands in our files: protocol and key.
func homes(set, key string) []string {
	both := []string{"cn-covid-2021 ", "cn-covid-2022 "}
	with := func(files []string, keys ...string) (all []string) {
		for _, f := range files {
			for _, k := range keys {
				all = append(all, f+k)
			}
		}
		return all
	}
	switch {
	case set == "cn-covid-2021", set == "cn-covid-2022":
		return []string{set + " " + key}
	case key == "clock.sample_to_lab / lab_to_report":
		return with(both, "clock.sample_to_lab", "clock.lab_to_report")
	case key == "reserve_labs":
		return with(both, "reserve_labs.le5M", "reserve_labs.gt5M")
	case set == "cn-test-v1-2021-02" && key != "site.open":
		return nil // superseded by edition 2
	case set == "cn-test-v2-2021-09" && strings.HasPrefix(key, "round."), set == "cn-care-2022-03", key == "care.jilin":
		return with(both[:1], key)
	case set == "cn-covid-any", strings.HasPrefix(set, "cn-test"), key == "care.emergency":
		return with(both, key)
	case set == "cn-fangcang-2022-07":
		return with(both[1:], "fangcang."+key)
	case set == "cn-isolation-2022-08":
		return with(both[1:], "isolation."+key)
	case set == "cn-rights":
		return with(both[1:], key)
	case set == "measles", set == "mers", set == "cholera":
		return []string{"who-" + set + " " + key}
	case set == "who-covid" && key != "contact.window":
		return []string{"who-covid-19 " + key}
	case set == "who-ebola":
		return []string{"who-ebola " + key}
	case set == "who":
		return []string{"who-ebola " + key}
	case set == "who-ihr":
		return []string{"who-ebola ihr." + key}
	}
	return nil
}

// agrees compares a value with a cell such as 14, "1;4;7", "2-6", "5 or 10", "2 (<=5M) / 5 (>5M)" or a word.
func agrees(v outbreak.Value, cell string) bool {
	numbers := map[string]bool{}
	for _, n := range strings.FieldsFunc(cell, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		numbers[n] = true
	}
	switch v.Type {
	case "number", "duration":
		return cell == "" || numbers[strconv.FormatFloat(v.Number, 'f', -1, 64)]
	case "days":
		for _, n := range v.Days {
			if !numbers[strconv.Itoa(n)] {
				return false
			}
		}
		return len(numbers) == len(v.Days)
	}
	return cell == v.Text || cell == "text" && len(v.Text) > 20
}
