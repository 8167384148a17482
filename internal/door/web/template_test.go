package web

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
	"breakwater/internal/view/board"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// TestTemplatesKeepThePolicy greps for what the content security policy, or a reader's safety, forbids.
func TestTemplatesKeepThePolicy(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		"a style attribute":       regexp.MustCompile(`\sstyle\s*=`),
		"a style element":         regexp.MustCompile(`<style`),
		"hx-on":                   regexp.MustCompile(`hx-on`),
		"an event attribute":      regexp.MustCompile(`\son[a-z]+\s*=\s*["']`),
		"an inline script":        regexp.MustCompile(`<script(>|\s[^>]*[^/]>[^<\s])`),
		"a script without a file": regexp.MustCompile(`<script>`),
		"an evaluated trigger":    regexp.MustCompile(`hx-trigger="[^"]*\[`),
		"an evaluated value":      regexp.MustCompile(`js:`),
		"javascript:":             regexp.MustCompile(`javascript:`),
		"a foreign address":       regexp.MustCompile(`(src|href)="https?:`),
	}
	each(t, "templates", ".html", func(name, text string) {
		for what, re := range forbidden {
			if found := re.FindString(text); found != "" {
				t.Errorf("%s holds %s: %q", name, what, found)
			}
		}
	})
}

// TestEveryFormCarriesAKey makes sure that no form that does something can be sent twice to do it twice.
func TestEveryFormCarriesAKey(t *testing.T) {
	form := regexp.MustCompile(`<form[^>]*method="post"(?:[^>{]|\{\{[^}]*\}\})*>(\{\{template "key" \$\}\})?`)
	each(t, "templates", ".html", func(name, text string) {
		found := form.FindAllStringSubmatch(text, -1)
		if len(found) != strings.Count(text, `method="post"`) {
			t.Errorf("%s has %d forms, of which %d were understood", name, strings.Count(text, `method="post"`), len(found))
		}
		for _, m := range found {
			if m[1] == "" {
				t.Errorf("%s has a form without a key: %s", name, m[0])
			}
		}
	})
}

// TestEveryKeyIsWritten looks up the key of every sentence that templates and routes name.
func TestEveryKeyIsWritten(t *testing.T) {
	want := map[string]bool{}
	named := regexp.MustCompile(`\.T "([a-z0-9_.]+)"`)
	each(t, "templates", ".html", func(_, text string) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			want[m[1]] = true
		}
	})
	for _, r := range Routes {
		want[r.Title] = true
		if r.Group != "" {
			want["web.nav.group."+r.Group] = true
		}
	}
	for _, of := range [][]string{{"stretch"}, {"mark", "few", "withheld"}, {"board", "mark_few", "mark_withheld", "past_few", "past_withheld"}, {"case_state", "open", "in_question", "discarded"}, {"round_state", "planned", "open", "closed"},
		append([]string{"recall"}, recallStates...), append([]string{"need"}, needStates...), append([]string{"discharge"}, placement.DischargeReasons...),
		append([]string{"bed"}, placement.BedKinds...), append([]string{"site"}, placement.SiteKinds...), append([]string{"vehicle"}, transfer.VehicleKinds...),
		append([]string{"anomaly"}, screening.Anomalies...), append([]string{"verdict"}, screening.Verdicts...), append([]string{"document"}, documentKinds...),
		append([]string{"spoiled"}, append([]string{"invalid"}, screening.SpoilReasons...)...), append([]string{"tally"}, board.Tallies...),
		append([]string{"outcome"}, plainly(outbreak.Outcomes)...), append([]string{"severity"}, plainly(outbreak.Severities)...),
		append([]string{"classification"}, plainly(outbreak.Classifications)...), append([]string{"via"}, plainly(outbreak.FoundVias)...),
		append([]string{"lab_alarm"}, lab.Alarms...), append([]string{"doubt"}, lab.Doubts...), append([]string{"tool_state"}, lab.ToolStates...), append([]string{"tool_why"}, lab.Whys[1:]...),
		append([]string{"well_kind"}, plainly(lab.WellKinds)...), append([]string{"stage"}, lab.Stages...), {"run_state", "entered", "failed", "released", "voided"}, {"lab_step", "report", "repeat_run", "repeat_extract", "none"},
		{"round_stage", screening.StageSampling, screening.StageTransport, screening.StageReception, screening.StageTesting, screening.StageValidation}, append([]string{"flow", string(screening.SaidPositive)}, plainly(screening.Flows)...),
		append([]string{"finding"}, screening.Findings...), {"search_how", "concluded", "reopened", "revised"}, {"poor", screening.PoorInvalid, screening.PoorLate},
		append([]string{"result"}, plainly(outbreak.Results)...), append([]string{"purpose"}, plainly(outbreak.Purposes)...),
		append([]string{"ground"}, cases.Grounds...), append([]string{"place"}, registry.PlaceKinds...), append([]string{"precision"}, plainly(registry.Precisions)...),
		append([]string{"visit_source"}, registry.VisitSources...), append([]string{"collected"}, registry.VisitPurposes...), append([]string{"erased"}, registry.Reasons...),
		append([]string{"file"}, plainly(exchange.Kinds)...), append([]string{"file_hint"}, plainly(exchange.Kinds)...),
		append([]string{"role"}, plainly(access.Roles)...), append([]string{"work"}, plainly(task.Kinds())...), append([]string{"trip"}, plainly(tripStates)...)} {
		for _, word := range of[1:] {
			want["web."+of[0]+"."+word] = true
		}
	}
	for _, what := range task.Kinds() {
		want["web.ends."+string(what)] = true
	}
	for _, state := range stayStates {
		want["web.stay."+state], want["web.site.none."+state], want["web.site.none_why."+state] = true, true, true
	}
	for _, st := range screening.SearchSteps {
		want["web.search_step."+st.Step], want["web.search_hint."+st.Step] = true, true
		for _, outcome := range st.Outcomes {
			want["web.search_outcome."+outcome] = true
		}
	}
	for _, st := range board.Steps {
		want["web.step."+string(st.Step)] = true
	}
	for _, st := range stretches {
		want["web.stretch."+st.name] = true
	}
	for kind := range details {
		want["web.event."+kind] = true
	}
	bodies, err := filepath.Glob("../../outbreak/testdata/*.golden") // one for each kind of event
	if err != nil || len(bodies) == 0 {
		t.Fatalf("no bodies of events: %v", err)
	}
	for _, body := range bodies {
		want["web.event."+strings.TrimSuffix(filepath.Base(body), ".golden")] = true
	}
	for _, what := range []string{"added", "granted", "revoked", "password", "disabled", "token", "token_revoked", "signed_in", "signed_out", "locked",
		"factor_set", "factor_shown", "factor_locked", "recovery_used", "recovery_renewed", "factor_reset_asked", "factor_reset", "linked", "unlinked"} {
		want["web.account_change."+what] = true
	}
	for _, p := range allPermissions {
		want["access.may."+string(p)] = true
	}
	for key := range want {
		for _, lang := range words.Langs {
			if !words.Has(lang, key) {
				t.Errorf("nobody wrote %s in %s", key, lang)
			}
		}
	}
}

// TestCataloguesOfTheRoomAgree compares keys and slots of the two languages, for this room.
func TestCataloguesOfTheRoomAgree(t *testing.T) {
	slot := regexp.MustCompile(`\{[a-z_]+\}`)
	for _, key := range append(words.Keys(words.English), words.Keys(words.Chinese)...) {
		if !strings.HasPrefix(key, "web.") {
			continue
		}
		en, zh := slot.FindAllString(words.Sentence(words.English, key), -1), slot.FindAllString(words.Sentence(words.Chinese, key), -1)
		if !words.Has(words.English, key) || !words.Has(words.Chinese, key) || !sameSet(en, zh) {
			t.Errorf("%s differs: %v, %v", key, en, zh)
		}
	}
}

// TestLivePagesHaveAList makes sure that every live page has the block its stream sends.
func TestLivePagesHaveAList(t *testing.T) {
	all, err := loadPages()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Routes {
		if r.Page != "" && !all.has(r.Page, "main") {
			t.Errorf("%s has no template", r.Path)
		}
		if r.Live && !all.has(r.Page, "list") {
			t.Errorf("%s is live and has no list", r.Path)
		}
		if r.Back != "" {
			if _, _, ok := match("GET", fill(r.Back, func(string) string { return "x" })); !ok {
				t.Errorf("%s comes back to %s, which is no page", r.Path, r.Back)
			}
		}
	}
}

func TestConfigOfHtmxIsJSON(t *testing.T) {
	text, err := templateFiles.ReadFile("templates/layout/layout.html")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`name="htmx-config" content='([^']*)'`).FindSubmatch(text)
	if found == nil || !json.Valid(found[1]) {
		t.Errorf("the configuration of htmx is not JSON: %s", found)
	}
}

func sameSet(a, b []string) bool {
	in := map[string]bool{}
	for _, s := range a {
		in[s] = true
	}
	for _, s := range b {
		if !in[s] {
			return false
		}
		delete(in, s)
	}
	return len(in) == 0
}

func plainly[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func each(t *testing.T, dir, ext string, do func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(templateFiles, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ext) {
			return err
		}
		text, err := templateFiles.ReadFile(name)
		do(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
