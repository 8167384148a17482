package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"breakwater/internal/app"
	"breakwater/internal/engine/hl7"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/view/exchange"
)

// sender is a laboratory's own system.
type sender struct {
	*testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, at netip.AddrPort) sender {
	t.Helper()
	c, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return sender{t, c, bufio.NewReader(c)}
}

// send sends a message in its frame and reads the acknowledgement.
func (s sender) send(raw []byte) hl7.Message {
	s.Helper()
	if _, err := s.Write(append(append([]byte{0x0b}, raw...), 0x1c, '\r')); err != nil {
		s.Fatal(err)
	}
	answer, err := s.r.ReadBytes(0x1c)
	if err != nil {
		s.Fatal(err)
	}
	_, _ = s.r.ReadByte()
	m, err := hl7.Parse(answer)
	if err != nil {
		s.Fatalf("%q: %v", answer, err)
	}
	return m
}

// code is MSA-1 with the number of faults.
func code(m hl7.Message) string {
	return fmt.Sprint(m.Text("MSA", 1), m.Count("ERR"))
}

func oru(facility, token, id string, lines ...string) []byte {
	return []byte(strings.Join(append([]string{`MSH|^~\&|LIS|` + facility + `|Breakwater|EOC|20220314080000+0800|` + token + `|ORU^R01^ORU_R01|` + id + `|P|2.5.1||||||UNICODE UTF-8`}, lines...), "\r") + "\r")
}

func order(tube, value, status string) []string {
	return []string{"OBR|1||" + tube, "OBX|1|CWE|94500-6^^LN||" + value + "||||||" + status + "|||20220314075500+0800"}
}

func TestALaboratorysOwnSystemSendsItsResults(t *testing.T) {
	s := serving(t, app.Config{HL7Addr: "127.0.0.1:0"})
	ctx := t.Context()
	_, err := s.House.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.House.Lab.AddLab(ctx, root, lab.AddLab{Name: "县检验所", Area: "22"}); err != nil {
		t.Fatal(err)
	}
	last := func(tube outbreak.TubeCode) string {
		h, err := s.House.Lab.FindTube(ctx, root, tube)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range h.Results {
			all = append(all, string(r.Result)+"@"+r.RanAt.String())
		}
		return strings.Join(all, " ")
	}
	const at = "@2022-03-13T23:55:00Z"
	c := dial(t, s.HL7At())
	two := oru("县检验所", s.token, "M1", append(order("T1", "260415000", "F"), order("T2", "POS", "F")...)...)
	if got := code(c.send(two)); got != "AA0" || last("T1") != "negative"+at || last("T2") != "positive"+at {
		t.Errorf("%s %s %s", got, last("T1"), last("T2"))
	}
	if got := code(c.send(two)); got != "AA0" || last("T1") != "negative"+at {
		t.Errorf("the same message again: %s %s", got, last("T1"))
	}
	if got := code(c.send(oru("县检验所", s.token, "M1", order("T1", "POS", "F")...))); got != "AE1" || last("T1") != "negative"+at {
		t.Errorf("the same number with another content: %s %s", got, last("T1"))
	}
	if got := code(c.send(oru("县检验所", s.token, "M2", order("T2", "NEG", "C")...))); got != "AA0" || last("T2") != "positive"+at+" negative"+at {
		t.Errorf("a correction: %s %s", got, last("T2"))
	}
	if got := code(c.send(oru("县检验所", s.token, "M3", append(order("T3", "perhaps", "F"), order("T4", "NEG", "F")...)...))); got != "AE1" || last("T3") != "" || last("T4") == "" {
		t.Errorf("one order of two is wrong: %s", got)
	}
	if got := code(c.send(oru("县检验所", s.token, "M4", order("T5", "POS", "P")...))); got != "AA0" || last("T5") != "" {
		t.Errorf("a preliminary result: %s %s", got, last("T5"))
	}
	if got := code(c.send(oru("another", s.token, "M5", order("T5", "POS", "F")...))); got != "AE1" {
		t.Errorf("a laboratory that is not known: %s", got)
	}
	if got := code(c.send(bytes.Replace(two, []byte("ORU^R01^ORU_R01"), []byte("ADT^A01"), 1))); got != "AR1" {
		t.Errorf("another kind of message: %s", got)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(bytes.Replace(oru("县检验所", s.token, "M6", order("T6", "阴性", "F")...), []byte("UNICODE UTF-8"), []byte("GB 18030-2000"), 1))
	if err != nil {
		t.Fatal(err)
	}
	if m := c.send(gb); code(m) != "AA0" || m.Charset != hl7.GB18030 || m.Head().Receiving != "县检验所" || last("T6") != "negative"+at {
		t.Errorf("GB 18030: %s %s %s", code(m), m.Charset, last("T6"))
	}
	for _, token := range []string{"", "wrong"} {
		c := dial(t, s.HL7At())
		if got := code(c.send(oru("县检验所", token, "M7", order("T7", "POS", "F")...))); got != "AR1" || last("T7") != "" {
			t.Errorf("without a good token: %s", got)
		}
		if _, err := c.r.ReadByte(); err == nil {
			t.Error("the connection goes on after a bad token")
		}
	}
	reads, _, err := s.House.Access.MakeToken(ctx, outbreak.Actor{User: userOf(t, s), Grants: root.Grants}, access.NewToken{Name: "reads", Until: outbreak.WallClock{}.Now().Add(time.Hour), Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := code(c.send(oru("县检验所", reads, "M8", order("T7", "POS", "F")...))); got != "AR1" || last("T7") != "" {
		t.Errorf("with a token that may not report: %s", got)
	}
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if b, err := c.r.ReadByte(); err == nil {
		t.Errorf("another protocol is answered with %q", b)
	}

	// The same messages in a file are no second results; a new one is.
	file := strings.ReplaceAll(`FHS|^~\&`+"\rBHS|^~\\&\r"+string(two)+string(oru("县检验所", "", "M9", append(order("T9", "IND", "F"), order("T?", "NEG", "F")...)...))+"BTS|2\rFTS|1\r", "\r", "\r\n")
	var rejected bytes.Buffer
	report, err := s.House.Exchange.Import(ctx, root, exchange.Results, strings.NewReader(file), exchange.Options{Lang: "en", Rejected: &rejected})
	if err != nil || report.Received != 4 || report.Accepted != 1 || report.Repeated != 2 || report.Rejected != 1 || len(report.Warnings) != 0 {
		t.Errorf("%+v %v", report, err)
	}
	if !strings.Contains(rejected.String(), "T?,县检验所,negative,2022-03-13T23:55:00Z,hl7-") {
		t.Errorf("%s", rejected.String())
	}
	if last("T9") != "indeterminate"+at {
		t.Error(last("T9"))
	}
	dry, err := exchange.Check(exchange.Results, strings.NewReader(file), exchange.Options{Lang: "zh"})
	if err != nil || dry.Received != 4 || dry.Accepted != 3 || dry.Rejected != 1 {
		t.Errorf("%+v %v", dry, err)
	}
}

func userOf(t *testing.T, s served) outbreak.UserID {
	t.Helper()
	list, err := s.House.Access.ListUsers(t.Context(), outbreak.SystemActor("test"), "", 1)
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	return list[0].ID
}

func TestMessagesAreNotTakenInTheOpen(t *testing.T) {
	a, err := app.New(t.Context(), app.Config{Data: t.TempDir() + "/data", Addr: "127.0.0.1:0", HL7Addr: ":0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }()
	if err := a.Start(t.Context()); outbreak.KindOf(err) != outbreak.Invalid {
		t.Errorf("%v", err)
	}
	s := serving(t, app.Config{HL7Addr: "127.0.0.1:0", HL7From: []netip.Prefix{netip.MustParsePrefix("10.9.8.0/24")}})
	c := dial(t, s.HL7At())
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("an address that was not named is served")
	}
}
