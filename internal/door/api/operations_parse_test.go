package api

import (
	"encoding/json"
	"strings"
	"testing"

	"breakwater/internal/outbreak"
)

// cards reads every text of 18 characters as the number 7, proven when it begins with 0.
type cards struct{}

func (cards) ReadCode(text []byte) (int64, bool) {
	if len(text) != 18 {
		return 0, false
	}
	return 7, text[0] == '0'
}

func booth(t testing.TB) string {
	t.Helper()
	return outbreak.BoothID(1 << 40).String()
}

// TestAnUploadIsReadAsItIsAgreed goes through what devices may send, and what they may not.
func TestAnUploadIsReadAsItIsAgreed(t *testing.T) {
	head := `{"booth":"` + booth(t) + `","sent":1647216000000`
	const one = `{"op":16777217,"tube":" t-0001 ","taken":5,"counted":2,"members":["04G000000000000000",[12,40,2],"x"],"note":{"a":[1]}}`
	for _, c := range []struct {
		why   string
		body  string
		lines bool
		ops   int
		fails string
	}{
		{"a document", head + `,"ops":[` + one + `,` + one + `]}`, false, 2, ""},
		{"lines, the last without its end", head + "}\n" + one + "\r\n\n" + one, true, 2, ""},
		{"nothing to say", head + "}", true, 0, ""},
		{"no sampling point", `{"ops":[]}`, false, 0, "api.upload_booth"},
		{"cut", head + "}\n" + one[:40], true, 0, "api.upload_line"},
		{"something behind the document", head + `,"ops":[]} x`, false, 0, "api.upload_place"},
		{"a number with a fraction", head + "}\n" + `{"op":1.5,"tube":"T1"}`, true, 0, "api.upload_line"},
		{"a code nobody could read", head + "}\n" + `{"op":1,"tube":"管"}`, true, 0, "screening.tube_code"},
		{"a correction without its ground", head + "}\n" + `{"op":1,"tube":"T1","kind":"amend","amends":3}`, true, 0, "screening.amend_reason"},
		{"two devices", head + "}\n" + `{"op":16777217,"tube":"T1"}` + "\n" + `{"op":33554433,"tube":"T2"}`, true, 0, "api.upload_devices"},
		{"too many", head + "}\n" + strings.Repeat(`{"op":1,"tube":"T1"}`+"\n", mostOperation+1), true, 0, "api.upload_operations"},
	} {
		in := incomingOps{codes: cards{}}
		err := in.parse([]byte(c.body), c.lines)
		var e *outbreak.Error
		switch {
		case c.fails == "" && err != nil:
			t.Errorf("%s: %v", c.why, err)
		case c.fails != "":
			if e, _ = err.(*outbreak.Error); e == nil || e.Msg != c.fails {
				t.Errorf("%s: %v, want %s", c.why, err, c.fails)
			}
			continue
		}
		if len(in.ops) != c.ops {
			t.Errorf("%s: %d operations", c.why, len(in.ops))
		}
		for _, o := range in.ops {
			m := o.Members
			if o.Tube != "T-0001" || o.Counted != 2 || len(m) != 3 || m[0].No != 7 || m[0].Flags != 0 || m[1].No != 12 || m[1].After != 40 || m[2].No != 0 || m[2].Flags == 0 {
				t.Errorf("%s: %+v", c.why, *o)
			}
		}
	}
}

// FuzzUpload reads anything: it never panics, and what it takes is JSON.
func FuzzUpload(f *testing.F) {
	f.Add([]byte(`{"booth":"`+booth(f)+`","sent":1,"ops":[{"op":1,"tube":"T1","members":[1,"04G000000000000000",[2,3,4]]}]}`), false)
	f.Add([]byte("{\"booth\":\""+booth(f)+"\"}\n{\"op\":1,\"tube\":\"T\\u0031\"}\n"), true)
	f.Fuzz(func(t *testing.T, body []byte, lines bool) {
		in := incomingOps{codes: cards{}}
		if err := in.parse(body, lines); err != nil {
			return
		}
		if !lines && !json.Valid(body) {
			t.Fatalf("taken, and no JSON: %q", body)
		}
		for _, o := range in.ops {
			if o.Tube.Canonical() != o.Tube || o.Op < 0 {
				t.Fatalf("%+v", *o)
			}
		}
	})
}
