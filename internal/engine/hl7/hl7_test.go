package hl7

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// message joins segments with an end of line.
func message(end string, segments ...string) []byte { return []byte(strings.Join(segments, end) + end) }

const msh = `MSH|^~\&|LIS|County lab|Breakwater|EOC|20220314120000+0800||ORU^R01^ORU_R01|M1|P|2.5.1`

func parsed(t *testing.T, raw []byte) Message {
	t.Helper()
	m, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func found(t *testing.T, raw []byte) []Finding {
	t.Helper()
	list, err := parsed(t, raw).Findings()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestResultsAreReadWithAnyLineEnd(t *testing.T) {
	for _, end := range []string{"\r", "\n", "\r\n"} {
		list := found(t, message(end, msh, "PID|1", "OBR|1||T0001|94500-6^SARS-CoV-2^LN|||||||||||||||||||20220314113000+0800", "OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||260415000^Not detected^SCT||||||F|||20220314114500+0800",
			"OBR|2||ignored", `SPM|1|T0002^^|`, "OBX|1|ST|94500-6||阳性||||||F", "OBX|2|NM|ORF1ab||21.5|||||||F"[:0]+"OBX|2|NM|ORF1ab||21.5||||||F", "OBX|3|SN|N||^20.25||||||F"))
		if len(list) != 2 {
			t.Fatalf("%q: %+v", end, list)
		}
		if f := list[0]; f.Specimen != "T0001" || f.Result != Negative || f.At != "20220314114500+0800" || f.Corrected || f.Pending {
			t.Errorf("%q: %+v", end, f)
		}
		if f := list[1]; f.Specimen != "T0002" || f.Result != Positive || f.Cts["ORF1ab"] != 21.5 || f.Cts["N"] != 20.25 {
			t.Errorf("%q: %+v", end, f)
		}
	}
}

func TestLettersOfGB18030HoldDelimitersOfOthers(t *testing.T) {
	// The second bytes of these letters are | ^ ~ and \ in ASCII.
	const names = "鑭穅畖焅郳"
	text := `MSH|^~\&|LIS|` + names + `|Breakwater|EOC|20220314||ORU^R01|M1|P|2.5.1||||||GB 18030-2000` + "\r" + `OBR|1||T0001` + "\r" + `OBX|1|ST|X^` + names + `||阴性||||||F` + "\r"
	raw, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"GB 18030-2000", "GB18030", "", "GBK"} {
		m := parsed(t, bytes.Replace(raw, []byte("GB 18030-2000"), []byte(said), 1))
		if h := m.Head(); h.Facility != names || m.Charset != GB18030 {
			t.Errorf("%q: %+v %s", said, h, m.Charset)
		}
		list, err := m.Findings()
		if err != nil || len(list) != 1 || list[0].Result != Negative {
			t.Errorf("%q: %+v %v", said, list, err)
		}
		ack := Ack{ID: "A1", Code: Accept, Text: "已接收"}.Write(m)
		back := parsed(t, ack)
		if back.Charset != GB18030 || back.Head().Receiving != names || back.segments[1].Text(3, 1) != "已接收" {
			t.Errorf("%q", ack)
		}
	}
	if _, err := Parse(bytes.Replace(raw, []byte("GB 18030-2000"), []byte("UNICODE UTF-8"), 1)); err != ErrCharset {
		t.Error(err)
	}
	if _, err := Parse([]byte(msh + "||||||KLINGON\r")); err != ErrNoLetters {
		t.Error(err)
	}
}

func TestEscapesAreReadAndWritten(t *testing.T) {
	m := parsed(t, message("\r", msh, `OBR|1||A\F\B\S\C\T\D\R\E\E\F\X41\G\Q\H`))
	if got := m.segments[1].Text(3, 1); got != `A|B^C&D~E\FAG\Q\H` {
		t.Errorf("%q", got)
	}
	ack := parsed(t, Ack{ID: "1", Code: Error, Text: `a|b^c~d\e&f` + "\n g"}.Write(m))
	if got := ack.segments[1].Text(3, 1); got != `a|b^c~d\e&f  g` {
		t.Errorf("%q", got)
	}
}

func TestOfRepeatedObservationsTheLastOneCounts(t *testing.T) {
	obx := func(n, value, status string) string { return "OBX|" + n + "|CWE|94500-6||" + value + "||||||" + status }
	for _, c := range []struct {
		why       string
		segments  []string
		want      Meaning
		corrected bool
		pending   bool
	}{
		{"a correction", []string{obx("1", "260373001", "F"), obx("2", "260415000", "C")}, Negative, true, false},
		{"preliminary", []string{obx("1", "260373001", "P")}, "", false, true},
		{"taken back", []string{obx("1", "260373001", "W")}, Invalid, true, false},
		{"cannot be had", []string{obx("1", "", "X")}, Invalid, false, false},
		{"two targets that agree", []string{"OBX|1|ST|ORF1ab||POS||||||F", "OBX|2|ST|N||POS||||||F"}, Positive, false, false},
		{"two targets that do not", []string{"OBX|1|ST|ORF1ab||POS||||||F", "OBX|2|ST|N||NEG||||||F"}, Indeterminate, false, false},
		{"full-width", []string{"OBX|1|ST|R||阴性（－）||||||F"}, Negative, false, false},
	} {
		f := found(t, message("\r", append([]string{msh, "OBR|1||T1"}, c.segments...)...))[0]
		if f.Result != c.want || f.Corrected != c.corrected || f.Pending != c.pending || f.Unread != "" {
			t.Errorf("%s: %+v", c.why, f)
		}
	}
	if f := found(t, message("\r", msh, "OBR|1||T1", "OBX|1|ST|R||maybe later||||||F"))[0]; f.Unread != "maybe later" {
		t.Errorf("%+v", f)
	}
}

func TestMessagesThatAreNotForUsAreRefused(t *testing.T) {
	for raw, want := range map[string]error{
		"": ErrEmpty, "PID|1": ErrNoHeader, "MSH||||": ErrDelimiters, "MSHA^~": ErrDelimiters, "MSH|": ErrDelimiters,
	} {
		if _, err := Parse([]byte(raw)); err != want {
			t.Errorf("%q: %v, want %v", raw, err, want)
		}
	}
	for from, to := range map[string]error{"ORU^R01^ORU_R01|M1|P": nil, "ADT^A01|M1|P": ErrKind, "ORU^R01|M1|T": ErrProcessing, "ORU^R01||P": ErrNoID} {
		m := parsed(t, message("\r", strings.Replace(msh, "ORU^R01^ORU_R01|M1|P", from, 1), "OBR|1||T1", "OBX|1|ST|R||POS||||||F"))
		if _, err := m.Findings(); err != to {
			t.Errorf("%s: %v, want %v", from, err, to)
		}
	}
	if _, err := parsed(t, message("\r", msh)).Findings(); err != ErrNoResults {
		t.Error(err)
	}
}

func TestAFileIsCutIntoItsMessages(t *testing.T) {
	file := strings.Join([]string{`FHS|^~\&|LIS`, `BHS|^~\&|LIS`, msh, "OBR|1||T1", msh, "OBR|1||T2", "BTS|3", "FTS|1"}, "\n")
	b := Split([]byte(file))
	if len(b.Messages) != 2 || string(b.Messages[1]) != msh+"\rOBR|1||T2" || !slices.Equal(b.Wrong, []string{"BTS-1"}) {
		t.Errorf("%q", b)
	}
	if b := Split([]byte(strings.Join([]string{`FHS|^~\&`, msh}, "\r"))); len(b.Messages) != 1 || !slices.Equal(b.Wrong, []string{"FTS"}) {
		t.Errorf("a file that was cut off: %q", b)
	}
	if b := Split([]byte(msh + "\r\n\r\n" + msh)); len(b.Messages) != 2 || len(b.Wrong) != 0 {
		t.Errorf("%q", b)
	}
}

func TestMomentsHaveTheZoneTheyName(t *testing.T) {
	east := time.FixedZone("", 8*3600)
	for text, want := range map[string]string{"20220314": "2022-03-14T00:00:00+08:00", "202203141205": "2022-03-14T12:05:00+08:00", "20220314120506.123-0500": "2022-03-14T12:05:06-05:00"} {
		if got, ok := Moment(text, east); !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s %t", text, got.Format(time.RFC3339), ok)
		}
	}
	for _, text := range []string{"yesterday", "2022", "20221314", "20220314+99"} {
		if _, ok := Moment(text, east); ok {
			t.Errorf("%q is read", text)
		}
	}
}

// FuzzParse looks for messages that break the reader, or answers that cannot be read back.
func FuzzParse(f *testing.F) {
	f.Add(message("\r", msh, "OBR|1||T0001", "OBX|1|CWE|94500-6||260415000||||||F"))
	f.Add([]byte("MSH|^~\\&|\xd6\xd0|\xb2\xe9||||||||||||||GB18030\nOBR\r\nOBX|1"))
	f.Add([]byte(`MSH|^`))
	f.Add([]byte("\x0bMSH#*%$!#a#b#c#d#20220314##ORU*R01#1#P#2.3\rOBR#1##T*1\rOBX#1#ST#x##$F$POS######C\r\x1c\r"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := Split(raw)
		for _, one := range append(b.Messages, raw) {
			m, err := Parse(one)
			if err == nil {
				list, _ := m.Findings()
				for _, x := range list {
					_, _ = Moment(x.At, time.UTC)
				}
			}
			ack, err := Parse(Ack{ID: "A1", Site: "s|te", Code: Error, Text: "没有|该机构", Faults: []Fault{{Segment: "OBR", Nth: 2, Text: "x^y"}}}.Write(m))
			if err != nil || len(ack.segments) != 3 || ack.segments[1].Text(1, 1) != string(Error) {
				t.Fatalf("the answer to %q cannot be read: %v", one, err)
			}
		}
	})
}
