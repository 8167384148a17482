package cli_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/cli"
)

// told runs a command and gives its exit status and what it said.
func told(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out, err bytes.Buffer
	status := cli.Main(t.Context(), append([]string{"--lang", "en"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return status, out.String() + err.String()
}

func TestServeRefusesHalfACertificate(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"--cert", "site.pem"}, "needs its key"},
		{[]string{"--cert", "site.pem", "--key-file", "key.pem", "--local-ca"}, "Choose one way"},
		{[]string{"--acme", "breakwater.example.org", "--local-ca"}, "Choose one way"},
		{[]string{"--cert", "none.pem", "--key-file", "none.pem"}, "cannot be read"},
		{[]string{"--oidc-issuer", "https://id.example.org"}, "needs all three"},
		{[]string{"--require-second-factor", "sometimes"}, "must be one of"},
	} {
		status, said := told(t, append([]string{"serve", "--data", data, "--addr", "127.0.0.1:0"}, x.args...)...)
		if status != 2 || !strings.Contains(said, x.says) {
			t.Errorf("%v: %d %s", x.args, status, said)
		}
	}
}

func TestTheConsoleTakesALostFactorAwayOnlyWithAnother(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if status, said := told(t, "user", "add", "root", "--data", data); status != 0 {
		t.Fatal(said)
	}
	if status, said := told(t, "user", "reset-factor", "root", "--data", data); status != 2 || !strings.Contains(said, "no second factor") {
		t.Errorf("%d %s", status, said)
	}
	if status, said := told(t, "user", "reset-factor", "nobody", "--data", data); status != 1 {
		t.Errorf("%d %s", status, said)
	}
	if status, said := told(t, "user", "link", "root", "https://id.example.org", "s-1", "--data", data); status != 0 || !strings.Contains(said, "s-1") {
		t.Errorf("%d %s", status, said)
	}
	if status, said := told(t, "user", "link", "root", "https://id.example.org", "s-1", "--data", data); status != 1 {
		t.Errorf("linked twice: %d %s", status, said)
	}
}
