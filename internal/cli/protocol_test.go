package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/cli"
)

// command runs one command line and gives its exit status and what it printed.
func command(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	status = cli.Main(context.Background(), args, cli.Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func TestProtocolCommandComparesTwoEditions(t *testing.T) {
	status, out, errs := command(t, "--lang", "en", "protocol", "diff", "cn-covid-2021", "cn-covid-2022", "--json")
	var d struct {
		Changes []struct {
			Key, How string
			What     []string
			Was, Now *struct {
				Value  any
				Unit   string
				Status string
				Source string
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || status != 0 {
		t.Fatalf("%d %v %s", status, err, errs)
	}
	for _, c := range d.Changes {
		if c.Key == "contact.close.central" {
			if c.How != "changed" || c.Was.Value != 14.0 || c.Now.Value != 7.0 || c.Now.Unit != "days" || c.Now.Status != "official" || c.Now.Source == "" {
				t.Errorf("%+v %+v %+v", c, c.Was, c.Now)
			}
			return
		}
	}
	t.Error("the change of June 2022 is not told")
}

func TestProtocolCommandReadsASitesFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "site.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head := "id = \"site\"\ndisease = \"covid-19\"\nedition = \"local\"\ntitle_zh = \"本地\"\ntitle_en = \"Local\"\ndisease_zh = \"新冠\"\ndisease_en = \"COVID-19\"\nextends = \"cn-covid-2021\"\n"
	write(head + "\n[clock.core_info]\nvalue = 2\nunit = \"h\"\nstatus = \"planning\"\nnote_zh = \"两小时\"\nnote_en = \"two hours\"\n")
	status, out, errs := command(t, "--lang", "zh", "protocol", "diff", "cn-covid-2021", "site", "--protocols", dir)
	if status != 0 || !strings.Contains(out, "4 小时") || !strings.Contains(out, "2 小时") || strings.Contains(out, "pool.size") {
		t.Errorf("%d %s%s", status, out, errs)
	}
	write(head + "\n[clock.core_info]\nvalue = 2\nunit = \"hours\"\nstatus = \"planning\"\nnote_zh = \"x\"\nnote_en = \"x\"\n")
	status, _, errs = command(t, "--lang", "en", "protocol", "list", "--protocols", dir)
	if status != 2 || !strings.Contains(errs, "site.toml:12:8: clock.core_info has the unit hours") {
		t.Errorf("%d %s", status, errs)
	}
	if status, _, errs = command(t, "--lang", "en", "protocol", "show", "nothing"); status != 2 || !strings.Contains(errs, "who-measles") {
		t.Errorf("%d %s", status, errs)
	}
	if status, _, _ = command(t, "protocol", "list", "--protocols", filepath.Join(dir, "away")); status != 2 {
		t.Errorf("a folder that is not there: %d", status)
	}
}
