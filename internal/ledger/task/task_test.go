package task

import (
	"strings"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

func TestWhoMayTakeAndEndATask(t *testing.T) {
	open := Task{What: FindMembers, State: Pending}
	mine, err := open.take(7)
	if err != nil || mine.State != InProgress || mine.TakenBy != 7 {
		t.Fatalf("%+v %v", mine, err)
	}
	if again, err := mine.take(7); err != nil || again != mine {
		t.Errorf("taken again: %+v %v", again, err)
	}
	ended, err := mine.end(NotExecutable, " nobody  at home ")
	if err != nil || ended.Open() || ended.Note != "nobody at home" {
		t.Fatalf("%+v %v", ended, err)
	}
	refused := func(_ Task, err error) string {
		if e, ok := err.(*outbreak.Error); ok {
			return e.Msg
		}
		return "taken"
	}
	for why, c := range map[string]struct{ got, want string }{
		"somebody else's":           {refused(mine.take(8)), "task.taken"},
		"taken when it was over":    {refused(ended.take(7)), "task.ended"},
		"ended when it was over":    {refused(ended.end(Done, "")), "task.ended"},
		"a note like a letter":      {refused(mine.end(Done, strings.Repeat("长", longestNote+1))), "task.note_long"},
		"ended as removed":          {refused(mine.end(Removed, "")), "task.how"},
		"ended before its fact":     {refused(Task{What: Resample, State: Pending}.end(Done, "")), "task.ends_by_fact"},
		"ended before a bed is had": {refused(Task{What: FindBed, State: InProgress}.end(NotExecutable, "")), "task.ends_by_fact"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", why, c.got, c.want)
		}
	}
}

func TestEveryKindOfWorkHasAnOwnerAndASentence(t *testing.T) {
	for _, k := range Kinds() {
		if owner[k].role == "" {
			t.Errorf("nobody owns %s", k)
		}
		for _, lang := range words.Langs {
			if !words.Has(lang, "task.what."+string(k)) {
				t.Errorf("%s has no sentence in %s", k, lang)
			}
		}
	}
}
