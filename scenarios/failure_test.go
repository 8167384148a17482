package scenarios

import (
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/app"
)

// TestAStoryThatDoesNotComeOutSaysWhere plays stories with one fault each and reads what the reader is told.
func TestAStoryThatDoesNotComeOutSaysWhere(t *testing.T) {
	w, err := begin(t.Context(), app.Config{Data: filepath.Join(t.TempDir(), "data")}, ".")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
	}()
	const ask = "# A story.\nget /api/v1/me as admin\n    -> 200\n"
	for _, c := range []struct{ text, want string }{
		{"get /api/v1/me as admin -> 201", "x:1: get /api/v1/me as admin\n\twanted status 201, got 200 {"},
		{ask + "    has user.login = root", `x:4: get /api/v1/me as admin` + "\n\t" + `wanted user.login to be "root", got "admin" in 200`},
		{ask + "    has user.age = 7", "x:4: get /api/v1/me as admin\n\twanted user.age, but there is no field age"},
		{ask + "    has permissions[permission=fly].sentence", "there is no item with permission=fly"},
		{ask + "    has permissions[1000]", "there is no item 1000 among"},
		{ask + "    count holds = 2", "wanted 2 of holds, got 1"},
		{ask + "    count user = 2", "wanted 2 of user, got 0"},
		{ask + "    shows the moon", `wanted "the moon" to be shown`},
		{ask + "    hides admin", `wanted "admin" to stay hidden`},
		{ask + "    header Content-Type = text/plain", `to be "text/plain", got "application/json"`},
		{ask + "    hsa user", "no such clause: hsa user"},
		{"get /api/v1/me as nobody -> 200", "wanted status 200, got 401"},
		{"get /api/v1/me as stranger -> 200", `"stranger" is not known`},
		{"get /api/v1/me -> 200", "who asks?"},
		{"get /api/v1/me as admin", "x:1: the step does not say with which status"},
		{"get /api/v1/me as admin loudly -> 200", `"loudly" stands alone`},
		{"get /api/v1/cases/{case} as admin -> 200", "x:1: nothing was kept as {case}"},
		{"post /api/v1/people {broken as admin -> 200", "the body is no JSON"},
		{"post /api/v1/people @file as admin -> 200", "the story has no file file"},
		{"clock +4h -> 200", "nothing is asked"},
		{"clock four hours", "x:1: clock four hours: time: invalid duration"},
		{"dance", "no such step: dance"},
		{"   has x = 1", "x:1: an indented line without a step above it"},
		{"use nothing.steps", "reading a story"},
		{"user li", "say user NAME ROLE"},
		{"open / as li -> 200", "after sign-in USER"},
	} {
		s, err := parse("x", []byte(c.text))
		if err == nil {
			err = w.play(s)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n\tsays   %v\n\twanted %s", c.text, err, c.want)
		}
	}
}
